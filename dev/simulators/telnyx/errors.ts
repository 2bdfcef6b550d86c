import { json } from "../server/http.ts";
import type { Reply } from "../server/http.ts";

const ERRORS: Record<string, [status: number, title: string, detail: string]> = {
  "10009": [401, "Authentication failed", "No valid API key was given."],
  "10010": [403, "Authorization failed", "You are not permitted to perform the requested action."],
  "10011": [429, "Too many requests", "You have exceeded the maximum number of allowed requests."],
  "10005": [404, "Resource not found", "The requested resource or URL could not be found."],
  "10015": [400, "Bad Request", "The request failed because it was not well-formed."],
};

/** Telnyx's error body by its code, which is a string. A fault names the code. */
export function telnyxError(code: string, detail?: string, pointer?: string): Reply {
  const [status, title, usual] = ERRORS[code] ?? [500, "Unexpected error", "An unexpected error occurred."];
  return json(status, {
    errors: [
      {
        code,
        title,
        detail: detail ?? usual,
        ...(pointer && { source: { pointer } }),
        meta: { url: `https://developers.telnyx.com/docs/overview/errors/${code}` },
      },
    ],
  });
}
