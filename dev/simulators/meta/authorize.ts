import type { Call, Reply } from "../server/http.ts";
import { metaError } from "./errors.ts";
import type { BusinessNumber, Numbers } from "./numbers.ts";

/** The numbers that the request's bearer token may use, or 401 with code 190 for a token that nobody has. */
export function authorize(call: Call, numbers: Numbers): BusinessNumber[] | Reply {
  const token = /^Bearer\s+(.+)$/i.exec(call.headers.authorization ?? "")?.[1];
  const owned = token ? numbers.ofToken(token) : [];
  return owned.length > 0 ? owned : metaError(190, "Invalid OAuth access token - Cannot parse access token");
}

/** What Graph says about an object that does not exist or that the token may not see: it makes no difference. */
export function unknownObject(id: string): Reply {
  return metaError(100, `Unsupported request. Object with ID '${id}' does not exist or cannot be loaded.`, 33);
}
