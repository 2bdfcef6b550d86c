import { MaxFileSizeExceededError, getMultipartBoundary, parseMultipartStream } from "@remix-run/multipart-parser";
import { ServiceError } from "../../shared/errors.ts";
import type { OpenedMedia } from "../../shared/media/open.ts";

/** A part of a form is in memory as a whole; a body that is the file itself is not. */
const MAX_FORM_FILE_BYTES = 25 * 1024 * 1024;

/**
 * The file in an upload: the body itself, or, from browsers, the one file of a form.
 * @throws ServiceError when there is none, or it is too long for a form
 */
export async function fileOf(request: Request): Promise<OpenedMedia> {
  const declared_type = request.headers.get("content-type");
  if (request.body === null) throw new ServiceError("invalid_input", "There is no file in the request.");
  if (!declared_type?.startsWith("multipart/form-data")) {
    return { state: "open", body: request.body, declared_type, sha256: null };
  }
  const file = await fileInForm(request.body, getMultipartBoundary(declared_type) ?? "");
  if (file === null) throw new ServiceError("invalid_input", "There is no file in the form.");
  return { state: "open", sha256: null, ...file };
}

/** Not by `formData()`: the runtime refuses a field without a name, and that is what the client's library sends. */
async function fileInForm(body: ReadableStream<Uint8Array>, boundary: string) {
  try {
    for await (const part of parseMultipartStream(body, { boundary, maxFileSize: MAX_FORM_FILE_BYTES })) {
      if (part.mediaType === undefined) continue;
      return { declared_type: part.mediaType, body: new Blob(part.content as Uint8Array<ArrayBuffer>[]).stream() };
    }
    return null;
  } catch (error) {
    if (!(error instanceof MaxFileSizeExceededError)) {
      throw new ServiceError("invalid_input", "The form cannot be read.", undefined, { cause: error });
    }
    throw new ServiceError(
      "too_large",
      `A file in a form may have ${MAX_FORM_FILE_BYTES} bytes at most. Send a larger one as the body itself, such as an ArrayBuffer.`,
    );
  }
}
