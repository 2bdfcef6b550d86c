import { generateKeyPairSync, randomUUID } from "node:crypto";

/** A new private key to sign access tokens with, as the JSON that `AUTH_PRIVATE_JWK` takes. */
export function newSigningKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return JSON.stringify({ ...privateKey.export({ format: "jwk" }), kid: randomUUID() });
}

if (import.meta.main) console.log(newSigningKey());
