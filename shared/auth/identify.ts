import { decodeProtectedHeader, errors, jwtVerify } from "jose";
import type { JWTPayload, JWTVerifyGetKey } from "jose";
import { sha256Hex, utf8 } from "../crypto/digest.ts";
import { timingSafeEqual } from "../crypto/timing-safe-equal.ts";
import { ServiceError } from "../errors.ts";
import type { Principal } from "./principal.ts";

/** What tokens are verified with. */
export interface KeyRing {
  /** For HS256: the keys of the roles `anon` and `service_role`, and tokens of older projects. */
  secret?: Uint8Array | undefined;
  /** For signatures by a private key, such as ES256: finds the public one. */
  keys?: JWTVerifyGetKey | undefined;
  /** Keys of Supabase's newer form, which are no tokens: `sb_publishable_…` of anybody, `sb_secret_…` of the service role. */
  plain?: readonly string[] | undefined;
}

export interface Credentials {
  /** The header `apikey`. */
  apikey?: string | null | undefined;
  /** The token of `Authorization: Bearer`. */
  bearer?: string | null | undefined;
}

/** Made by us: eight characters to know it by, a dot, the secret. */
const API_KEY = /^[\w-]{8}\.[\w-]{20,128}$/;
const PLAIN = "sb_";
const PLAIN_ROLES = { sb_publishable_: "anon", sb_secret_: "service_role" };
const SYMMETRIC = ["HS256"];
const ASYMMETRIC = ["ES256", "RS256", "EdDSA"];

export function credentialsOf(headers: Headers): Credentials {
  return { apikey: headers.get("apikey"), bearer: /^Bearer (.+)$/i.exec(headers.get("authorization") ?? "")?.[1] };
}

/**
 * Who sends these credentials. The bearer goes before the key: a client of a signed-in user sends both.
 * @param now unix milliseconds
 * @throws ServiceError unauthorized for a token that is not ours, has ended, or asks for a role that is not for clients
 */
export async function identify({ apikey, bearer }: Credentials, ring: KeyRing, now: number): Promise<Principal> {
  const token = bearer || apikey;
  if (!token) return { kind: "anon" };
  if (token.startsWith(PLAIN)) return principalOf(plainKey(token, ring));
  if (API_KEY.test(token)) return { kind: "api_key", key_hash: await sha256Hex(token) };
  return principalOf(await verify(token, ring, now));
}

/**
 * What a request's token says, of whatever role; null for a request without one.
 * @param now unix milliseconds
 * @throws ServiceError unauthorized
 */
export async function claimsOf(
  { apikey, bearer }: Credentials,
  ring: KeyRing,
  now: number,
): Promise<JWTPayload | null> {
  const token = bearer || apikey;
  if (!token) return null;
  return token.startsWith(PLAIN) ? plainKey(token, ring) : verify(token, ring, now);
}

/** Every key is compared, each in constant time. */
function plainKey(token: string, { plain = [] }: KeyRing): JWTPayload {
  const known = plain.filter((key) => timingSafeEqual(utf8(key), utf8(token)));
  const role = Object.entries(PLAIN_ROLES).find(([prefix]) => token.startsWith(prefix))?.[1];
  if (known.length === 0 || role === undefined) throw new ServiceError("unauthorized", "There is no such key here.");
  return { role };
}

async function verify(token: string, { secret, keys }: KeyRing, now: number): Promise<JWTPayload> {
  const options = { currentDate: new Date(now) };
  try {
    const symmetric = SYMMETRIC.includes(decodeProtectedHeader(token).alg ?? "");
    if (symmetric && secret) return (await jwtVerify(token, secret, { ...options, algorithms: SYMMETRIC })).payload;
    if (!symmetric && keys) return (await jwtVerify(token, keys, { ...options, algorithms: ASYMMETRIC })).payload;
  } catch (cause) {
    const message =
      cause instanceof errors.JWTExpired ? "JWT expired" : "This token was not made by us, or is damaged.";
    throw new ServiceError("unauthorized", message, undefined, { cause });
  }
  throw new ServiceError("unauthorized", "There is no key here to verify this token with.");
}

/** Only the roles of the doors: a token for another, such as the Worker's own, is refused whoever signed it. */
function principalOf(claims: JWTPayload): Principal {
  switch (claims["role"]) {
    case "anon":
      return { kind: "anon", claims };
    case "service_role":
      return { kind: "service", claims };
    case "authenticated":
      if (claims.sub === undefined || claims.exp === undefined) break;
      return { kind: "user", user_id: claims.sub, claims, expires_at: claims.exp };
  }
  throw new ServiceError("unauthorized", "This token is for no role that may come in here.");
}
