import { credentialsOf, identify } from "../../shared/auth/identify.ts";
import type { Principal } from "../../shared/auth/principal.ts";
import type { Tools } from "../tools.ts";

/** Who makes this request. */
export function callerOf(headers: Headers, { keys, now }: Pick<Tools, "keys" | "now">): Promise<Principal> {
  return identify(credentialsOf(headers), keys, now());
}
