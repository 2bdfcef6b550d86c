export { readAccount } from "./account.ts";
export { createTwimlCarrier, normaliseCall } from "./calls.ts";
export { normalise } from "./normalise.ts";
export { openMedia } from "./open-media.ts";
export { send } from "./send.ts";
export type { TwilioCredentials, TwilioOptions } from "./send.ts";
export { ATTEMPT_PARAMETER } from "./statuses.ts";
export { verify } from "./verify.ts";
export type { TwilioSecrets } from "./verify.ts";
