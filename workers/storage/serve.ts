import { ServiceError } from "../../shared/errors.ts";
import type { StoredFile } from "../../shared/storage/find.ts";
import { rangeOf } from "../../shared/storage/range.ts";
import { serveHeaders } from "../../shared/storage/serve-headers.ts";

/** The bytes of a file that the asker may have, or those of them that it asks for. */
export async function serve(
  request: Request,
  bucket: R2Bucket,
  file: StoredFile,
  download?: string,
): Promise<Response> {
  const headers = serveHeaders(file, download);
  const { size_bytes: size } = file;
  if (request.headers.get("if-none-match") === headers["etag"]) return new Response(null, { status: 304, headers });
  const range = rangeOf(request.headers.get("range"), size);
  if (range === "unsatisfiable") {
    return new Response(null, { status: 416, headers: { "content-range": `bytes */${size}` } });
  }
  const { offset, length } = range ?? { offset: 0, length: size };
  const status = range === null ? 200 : 206;
  headers["content-length"] = String(length);
  if (range !== null) headers["content-range"] = `bytes ${offset}-${offset + length - 1}/${size}`;
  if (request.method === "HEAD") return new Response(null, { status, headers });
  const object = await bucket.get(file.path, range === null ? {} : { range });
  if (object === null) throw new ServiceError("not_found", "There is no such file.");
  return new Response(object.body, { status, headers });
}
