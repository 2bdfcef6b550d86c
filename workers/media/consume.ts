import * as z from "zod";
import { download } from "../../shared/media/download.ts";
import type { Tools } from "../tools.ts";
import { r2Sink } from "./r2-sink.ts";

const job = z.object({ id: z.uuid() });

/** Fetches the file that a message of the queue names. */
export async function fetchMedia(body: unknown, env: Env, { exec, open_media, random, log }: Tools): Promise<void> {
  const { id } = job.parse(body);
  const { state, reason } = await download(id, {
    exec,
    random,
    open_media,
    sink: (path) => r2Sink(env.MEDIA_BUCKET, path),
  });
  log(state === "failed" ? "warn" : "info", "media.fetched", { media_id: id, state, reason });
}
