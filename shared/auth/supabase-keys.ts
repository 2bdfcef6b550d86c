import { createRemoteJWKSet } from "jose";
import type { JWTVerifyGetKey } from "jose";

/** The public keys of a Supabase project: fetched once, and again when a token names one that is not among them. */
export function supabaseKeys(url: string): JWTVerifyGetKey {
  return createRemoteJWKSet(new URL("/auth/v1/.well-known/jwks.json", url));
}
