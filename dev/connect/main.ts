import { parseArgs } from "node:util";
import { createNeonExec } from "../../shared/db/neon.ts";
import { createPostgresExec } from "../../shared/db/postgres.ts";
import { connectNumber } from "./number.ts";

const NEEDED = [
  "DATABASE_URL",
  "VAULT_MASTER_KEY",
  "META_PHONE_NUMBER_ID",
  "META_WABA_ID",
  "META_ACCESS_TOKEN",
] as const;

try {
  const { values } = parseArgs({ options: { shop: { type: "string", default: "My shop" } } });
  const missing = NEEDED.filter((name) => !process.env[name]);
  if (missing.length > 0) throw new Error(`set ${missing.join(", ")}`);
  const [database = "", key = "", phone_number_id = "", waba_id = "", access_token = ""] = NEEDED.map(
    (name) => process.env[name],
  );
  const isNeon = new URL(database).hostname.endsWith(".neon.tech");
  const open = isNeon ? createNeonExec : createPostgresExec;
  const connected = await connectNumber(open({ connection_string: database }), key, {
    shop: values.shop,
    phone_number_id,
    waba_id,
    phone_number: process.env["META_PHONE_NUMBER"],
    access_token,
  });
  console.log(JSON.stringify(connected, null, 2));
} catch (error) {
  console.error(`connect: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
