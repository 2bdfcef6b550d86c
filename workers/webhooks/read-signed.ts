import type { SignedRequest } from "../../shared/channels/channel.ts";
import { ServiceError } from "../../shared/errors.ts";
import { readBody } from "../../shared/http/read-body.ts";

/**
 * The bytes of a webhook that somebody vouches for: size first, then the signature over the raw bytes (F10). Nothing is
 * parsed before that.
 * @param verify who has signed it, where that is to be known; false or null when nobody whom it names
 * @param what as the complaint about a body that is too long calls it
 * @throws ServiceError too_large, unauthorized, and what `verify` throws
 */
export async function readSigned<Owner>(
  request: Request,
  max_bytes: number,
  what: string,
  verify: (request: SignedRequest) => Promise<Owner | false | null>,
): Promise<SignedRequest & { owner: Owner }> {
  const body = await readBody(request, max_bytes);
  if (!body) throw new ServiceError("too_large", `${what} may have ${max_bytes} bytes at most.`);
  const signed = { url: request.url, headers: request.headers, body };
  const owner = await verify(signed);
  if (owner === false || owner === null) {
    throw new ServiceError("unauthorized", "The signature does not match the body.");
  }
  return { ...signed, owner };
}
