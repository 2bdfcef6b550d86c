import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { newSigningKey } from "../signing-key.ts";

const hex = (bytes: number) => randomBytes(bytes).toString("hex");
const secret = (make: () => string) => z.string().min(1).default(make);

/** A field that an older file lacks is made anew; the others stay what they were. */
const schema = z.object({
  /** Unix seconds; the keys' issue time, so that they are the same after every start. */
  created_at: z.int().default(() => Math.floor(Date.now() / 1000)),
  meta_app_secret: secret(() => hex(16)),
  meta_verify_token: secret(() => hex(16)),
  meta_access_token: secret(() => `EAA${hex(24)}`),
  gemini_api_key: secret(() => hex(20)),
  /** Of the accounts at the simulated Twilio, Telnyx and Ultravox. */
  twilio_account_sid: secret(() => `AC${hex(16)}`),
  twilio_auth_token: secret(() => hex(16)),
  telnyx_api_key: secret(() => `KEY${hex(16).toUpperCase()}_${hex(11)}`),
  ultravox_api_key: secret(() => `${hex(4)}.${hex(16)}`),
  /** 32 bytes in base64. */
  vault_master_key: secret(() => randomBytes(32).toString("base64")),
  /** Of the login role `authenticator`. */
  login_password: secret(() => hex(20)),
  jwt_secret: secret(() => hex(32)),
  /** Signs access tokens. */
  auth_private_jwk: secret(newSigningKey),
  /** Eight characters to know it by, a dot, the secret. */
  demo_api_key: secret(() => `${hex(4)}.${hex(20)}`),
  demo_password: secret(() => hex(8)),
});

export type Secrets = z.output<typeof schema>;

/**
 * The secrets of a data folder, made at its first start and kept in `secrets.json`, which only its owner may read.
 * @throws one line when the file is damaged: without its key, what the vault has sealed could not be opened again.
 */
export async function keepSecrets(directory: string): Promise<Secrets> {
  const file = join(directory, "secrets.json");
  const kept = existsSync(file) ? parse(await readFile(file, "utf8")) : {};
  const secrets = schema.safeParse(kept);
  if (!secrets.success || typeof kept !== "object" || kept === null) {
    throw new Error(`${file} is damaged: restore it, or move the data folder away to start anew`);
  }
  if (Object.keys(schema.shape).some((name) => !(name in kept))) {
    await mkdir(directory, { recursive: true });
    await writeFile(`${file}.new`, `${JSON.stringify(secrets.data, null, 2)}\n`, { mode: 0o600 });
    await rename(`${file}.new`, file);
  }
  return secrets.data;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
