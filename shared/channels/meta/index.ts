import type { ChannelProvider } from "../channel.ts";
import type { GraphOptions, MetaCredentials } from "./graph.ts";
import { normalise } from "./normalise.ts";
import { openMedia } from "./open-media.ts";
import { send } from "./send.ts";
import { type MetaSecrets, verify } from "./verify.ts";

export type { GraphOptions, MetaCredentials } from "./graph.ts";
export type { MetaSecrets } from "./verify.ts";
export { type ErrorHints, type ErrorInfo, classify } from "./errors.ts";
export { handshake } from "./handshake.ts";
export { problems } from "./limits.ts";
export { markRead } from "./mark-read.ts";
export { retryAfterMs } from "./retry-after.ts";
export { type UploadOptions, uploadMedia } from "./upload-media.ts";
export { variants } from "../../phone/spellings.ts";

/** WhatsApp over Meta's Cloud API. */
export function createMeta(options: GraphOptions = {}): ChannelProvider<MetaSecrets, MetaCredentials> {
  return {
    verify,
    normalise,
    send: (message, credentials) => send(message, credentials, options),
    open_media: async ({ id }, credentials) => openMedia(id ?? "", credentials, options),
  };
}

/** The same against Meta's own address, with the defaults. */
export const meta = createMeta();
