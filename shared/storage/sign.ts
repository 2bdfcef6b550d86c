import { SignJWT, jwtVerify } from "jose";
import { base64ToBytes } from "../crypto/base64.ts";
import { hmacSha256 } from "../crypto/digest.ts";

/** Makes and checks addresses that open one file for a while, to whoever has them. */
export interface UrlSigner {
  /** @param seconds how long it opens the file, from `now` on (unix milliseconds) */
  sign(path: string, seconds: number, now: number): Promise<string>;
  verify(token: string, path: string, now: number): Promise<boolean>;
}

/** Such a key signs nothing else, and no token of a person or a role is an address. */
const PURPOSE = "switchboard signed urls";
const ALGORITHM = "HS256";

/** @param master as for the vault: several, newest first, while one is being replaced */
export function createUrlSigner(master: string): UrlSigner {
  const keys = Promise.all(
    master.split(",").map(async (text) => hmacSha256(base64ToBytes(text.trim()) ?? new Uint8Array(), PURPOSE)),
  );
  keys.catch(() => {}); // whoever asks is told
  return {
    async sign(path, seconds, now) {
      const [newest] = await keys;
      if (!newest) throw new Error("VAULT_MASTER_KEY is empty");
      const issued = Math.floor(now / 1000);
      return new SignJWT({ path })
        .setProtectedHeader({ alg: ALGORITHM })
        .setExpirationTime(issued + seconds)
        .sign(newest);
    },
    async verify(token, path, now) {
      const options = { algorithms: [ALGORITHM], requiredClaims: ["exp"], currentDate: new Date(now) };
      for (const key of await keys) {
        const found = await jwtVerify(token, key, options).catch(() => null);
        if (found) return found.payload["path"] === path;
      }
      return false;
    },
  };
}
