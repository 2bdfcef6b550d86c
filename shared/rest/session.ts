import type { Statement } from "../db/exec.ts";
import type { Plan } from "./compile/plan.ts";
import { identifier } from "./compile/sql.ts";
import type { RestRequest, RestSettings } from "./handle.ts";
import type { Preferences } from "./parse/prefer.ts";

/** Headers that carry credentials are nobody's business inside the database. */
const SECRET = new Set(["authorization", "apikey", "cookie"]);

/**
 * What the transaction knows of its request, as settings that end with it: `request.method`, `request.path`,
 * `request.headers` (docs.postgrest.org, "Transactions"), where names are looked up, and how long it may take.
 */
export function opening(
  { method, resource, headers }: RestRequest,
  { read_only }: Plan,
  schema: string,
  { timezone }: Preferences,
  { statement_timeout_ms }: RestSettings,
): Statement {
  const shown = Object.fromEntries([...headers].filter(([name]) => !SECRET.has(name)));
  const search_path = [...new Set([schema, "public", "extensions"])].map(identifier).join(", ");
  const settings: Record<string, string> = {
    "request.method": method,
    "request.path": `/${resource}`,
    "request.headers": JSON.stringify(shown),
    search_path,
    statement_timeout: String(statement_timeout_ms),
    transaction_read_only: read_only ? "on" : "off",
    ...(timezone !== undefined && { timezone }),
  };
  const names = Object.keys(settings);
  return {
    text: `SELECT ${names.map((name, i) => `set_config('${name}', $${i + 1}, true)`).join(", ")}`,
    params: names.map((name) => settings[name] ?? ""),
  };
}
