import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";

/** An account on the simulated Telnyx, known by its API key. */
export interface TelnyxAccount {
  api_key: string;
  organization_id: string;
  /** Raw Ed25519 public key in base64, as the portal shows it. */
  public_key: string;
  /** Signature of a webhook in base64. `timestamp` is in unix seconds. */
  sign(timestamp: string, body: string): string;
}

export interface TelnyxAccounts {
  /** The same key again is the same account. */
  add(api_key: string): TelnyxAccount;
  find(api_key: string): TelnyxAccount | undefined;
}

/** Everything of an account follows from its key, so that it is the same after a restart. */
export function createTelnyxAccounts(api_keys: string[] = []): TelnyxAccounts {
  const accounts = new Map<string, TelnyxAccount>();
  function add(api_key: string): TelnyxAccount {
    const account = accounts.get(api_key) ?? makeAccount(api_key);
    accounts.set(api_key, account);
    return account;
  }
  for (const api_key of api_keys) add(api_key);
  return { add, find: (api_key) => accounts.get(api_key) };
}

function makeAccount(api_key: string): TelnyxAccount {
  const key = privateKey(digest(`webhooks of ${api_key}`));
  return {
    api_key,
    organization_id: uuidOf(digest(`organization of ${api_key}`)),
    public_key: createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32).toString("base64"),
    sign: (timestamp, body) => sign(null, Buffer.from(`${timestamp}|${body}`), key).toString("base64"),
  };
}

const digest = (text: string) => createHash("sha256").update(text).digest();

/** PKCS #8 around an Ed25519 seed (RFC 8410). */
function privateKey(seed: Buffer): KeyObject {
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
}

function uuidOf(bytes: Buffer): string {
  return bytes.toString("hex").replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, "$1-$2-4$3-8$4-$5");
}
