import { SignJWT, createLocalJWKSet, importJWK } from "jose";
import type { JWK, JWTPayload, JWTVerifyGetKey } from "jose";

const ALGORITHM = "ES256";

/** Signs access tokens with our private key; everybody may verify them with the public one. */
export interface Signer {
  /** @param issued_at unix seconds */
  sign(claims: JWTPayload, issued_at: number, lives_seconds: number): Promise<string>;
  /** RFC 7517. */
  jwks: { keys: JWK[] };
  verify: JWTVerifyGetKey;
}

/**
 * @param jwk a private EC key on P-256 with a `kid`, as JSON (RFC 7517)
 * @throws SyntaxError or TypeError for anything else
 */
export function createSigner(jwk: string): Signer {
  const { d, ...open } = JSON.parse(jwk) as JWK;
  if (open.kty !== "EC" || open.crv !== "P-256" || !d || !open.kid) {
    throw new TypeError("not a private key on P-256 with a kid");
  }
  const key = importJWK({ ...open, d }, ALGORITHM);
  key.catch(() => {}); // whoever signs hears of it
  const jwks = { keys: [{ ...open, alg: ALGORITHM, use: "sig" }] };
  return {
    jwks,
    verify: createLocalJWKSet(jwks),
    sign: async (claims, issued_at, lives_seconds) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: ALGORITHM, typ: "JWT", kid: open.kid ?? "" })
        .setIssuedAt(issued_at)
        .setExpirationTime(issued_at + lives_seconds)
        .sign(await key),
  };
}
