import * as z from "zod";
import { utf8 } from "../../crypto/digest.ts";
import { jsonIn } from "../../http/json-in.ts";
import type { ErrorClass } from "../channel.ts";
import { classify } from "./errors.ts";
import type { GraphOptions, MetaCredentials } from "./graph.ts";

export interface UploadOptions extends GraphOptions {
  /** Gives a stream its length where the runtime needs that told. */
  sized?: (body: ReadableStream<Uint8Array>, length: number) => ReadableStream<Uint8Array>;
}

export interface Upload {
  body: ReadableStream<Uint8Array>;
  size_bytes: number;
  mime_type: string;
  filename: string;
}

export type Uploaded =
  | { state: "uploaded"; id: string }
  /** No message was sent, so that a repetition doubles nothing. */
  | { state: "failed"; class: ErrorClass; code: string; title: string };

const DEFAULT_URL = "https://graph.facebook.com/v25.0";
const DEFAULT_TIMEOUT_MS = 20_000;
const MAX_ANSWER_BYTES = 64 * 1024;

const accepted = z.object({ id: z.string().min(1) });
const refused = z.object({ error: z.object({ code: z.number() }) });

/**
 * `POST /{phone_number_id}/media`: a file into Meta's keeping, for 30 days (Meta, "Media", Cloud API). The form is written
 * by hand, for a form made of a Blob has the whole file in memory. Never throws.
 */
export async function uploadMedia(
  { body, size_bytes, mime_type, filename }: Upload,
  { phone_number_id, access_token }: MetaCredentials,
  options: UploadOptions = {},
): Promise<Uploaded> {
  const { graph_url = DEFAULT_URL, timeout_ms = DEFAULT_TIMEOUT_MS, sized = (stream) => stream } = options;
  // outside these characters `fetch` would throw an error that quotes the token
  if (!/^[\x21-\x7e]+$/.test(access_token)) return failed("auth", "unusable_token", "access token is unusable");
  const boundary = crypto.randomUUID();
  const field = (name: string, value: string) =>
    `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const name = filename.replaceAll(/[^\w.-]/g, "_").slice(-100) || "file";
  const head = utf8(
    `${field("messaging_product", "whatsapp")}${field("type", mime_type)}--${boundary}\r\n` +
      `content-disposition: form-data; name="file"; filename="${name}"\r\ncontent-type: ${mime_type}\r\n\r\n`,
  );
  const tail = utf8(`\r\n--${boundary}--\r\n`);
  const form = sized(around(head, body, tail), head.byteLength + size_bytes + tail.byteLength);
  try {
    const response = await (options.fetch ?? fetch)(`${graph_url}/${encodeURIComponent(phone_number_id)}/media`, {
      method: "POST",
      headers: { authorization: `Bearer ${access_token}`, "content-type": `multipart/form-data; boundary=${boundary}` },
      body: form,
      duplex: "half",
      redirect: "manual",
      signal: AbortSignal.timeout(timeout_ms),
    } as RequestInit);
    return outcomeOf(response.status, await jsonIn(response, MAX_ANSWER_BYTES));
  } catch {
    return failed("retry", "upload_lost", "The file could not be uploaded: no answer of Meta's");
  }
}

function outcomeOf(status: number, body: unknown): Uploaded {
  const answer = accepted.safeParse(body);
  if (status === 200 && answer.success) return { state: "uploaded", id: answer.data.id };
  const error = refused.safeParse(body);
  if (error.success) {
    const { code } = error.data.error;
    const info = classify(code, { http_status: status });
    return failed(info.class, String(code), `The file could not be uploaded: ${info.title}`);
  }
  const passing = status < 400 || status >= 500 || [401, 403, 407, 408, 425, 429].includes(status);
  return failed(passing ? "retry" : "never", `http_${status}`, `The file could not be uploaded: HTTP ${status}`);
}

/** One stream of three. */
function around(head: Uint8Array, body: ReadableStream<Uint8Array>, tail: Uint8Array): ReadableStream<Uint8Array> {
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      start: (controller) => controller.enqueue(head),
      transform: (piece, controller) => controller.enqueue(piece),
      flush: (controller) => controller.enqueue(tail),
    }),
  );
}

const failed = (kind: ErrorClass, code: string, title: string): Uploaded => ({
  state: "failed",
  class: kind,
  code,
  title,
});
