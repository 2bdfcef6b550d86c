import { createHmac } from "node:crypto";

/** The value of `X-Hub-Signature-256`: HMAC-SHA256 of the exact bytes under the app secret, lower-case hex. */
export function signature(app_secret: string, bytes: string | Uint8Array): string {
  return `sha256=${createHmac("sha256", app_secret).update(bytes).digest("hex")}`;
}
