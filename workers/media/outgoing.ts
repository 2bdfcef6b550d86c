import type { Exec } from "../../shared/db/exec.ts";
import { rememberedFiles } from "../../shared/media/to-send.ts";
import type { OutgoingFiles } from "../../shared/media/to-send.ts";
import type { UrlSigner } from "../../shared/storage/sign.ts";

/** What is needed of R2's, also where its types are not known. */
export interface Files {
  get(path: string): Promise<{ body: ReadableStream<Uint8Array> } | null>;
}

export interface OutgoingOptions {
  exec: Exec;
  bucket: Files | undefined;
  url_signer: UrlSigner;
  /** Where providers reach us; empty: nowhere. */
  public_url: string;
  now: () => number;
}

/** The bucket's files, for whoever sends them. */
export function outgoingFiles({ exec, bucket, url_signer, public_url, now }: OutgoingOptions): OutgoingFiles {
  return {
    ...rememberedFiles(exec),
    open: async ({ path }) => (await bucket?.get(path))?.body ?? null,
    address: async ({ path }, seconds) => {
      if (public_url === "") return null;
      const url = new URL(`/storage/v1/object/sign/media/${path}`, public_url);
      url.searchParams.set("token", await url_signer.sign(path, seconds, now()));
      return url.href;
    },
  };
}

/** A stream whose length the runtime writes into the request. */
export const sized = (body: ReadableStream<Uint8Array>, length: number): ReadableStream<Uint8Array> =>
  body.pipeThrough(new FixedLengthStream(length));
