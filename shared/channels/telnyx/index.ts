import type { ChannelProvider } from "../channel.ts";
import type { TelnyxOptions } from "./api.ts";
import { normalise } from "./normalise.ts";
import { openMedia } from "./open-media.ts";
import { send } from "./send.ts";
import type { TelnyxCredentials } from "./send.ts";
import { type TelnyxSecrets, verify } from "./verify.ts";

export { openMedia } from "./open-media.ts";
export type { TelnyxOptions } from "./api.ts";
export { createTelnyxCarrier } from "./call-control.ts";
export { clientState, normaliseCall } from "./calls.ts";
export { classify } from "./errors.ts";
export type { TelnyxCredentials } from "./send.ts";
export { TOLERANCE_S, type TelnyxSecrets } from "./verify.ts";

/** SMS and MMS over Telnyx. */
export function createTelnyx(options: TelnyxOptions = {}): ChannelProvider<TelnyxSecrets, TelnyxCredentials> {
  return {
    verify,
    normalise,
    send: (message, credentials) => send(message, credentials, options),
    open_media: ({ url }) => openMedia(url ?? "", options),
  };
}

/** The same against Telnyx's own address, with the defaults. */
export const telnyx = createTelnyx();
export { numberOf, ofOrganization, readOrganization, withOrganization } from "./tenant.ts";
