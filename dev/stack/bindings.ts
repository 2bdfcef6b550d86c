import type { StackDatabase } from "./database.ts";
import type { Environment, Providers } from "./providers.ts";
import type { Secrets } from "./secrets.ts";

/** Settings of the doors that are taken over from the environment. */
const SWITCHES = [
  "REST_SCHEMAS",
  "REST_MAX_ROWS",
  "REST_AGGREGATES",
  "REST_EXPLAIN",
  "REST_TX_ROLLBACK",
  "SUPABASE_URL",
  "SUPABASE_PUBLISHABLE_KEYS",
  "SUPABASE_SECRET_KEYS",
  "AUTH_SIGNUPS",
];

/**
 * The Worker's secrets and settings, in the place of those that a deployment gets from `wrangler secret put`.
 * @param worker_url where providers reach the Worker, unless PUBLIC_URL names another address (of a tunnel)
 */
export function bindings(
  database: Pick<StackDatabase, "workerUrl" | "endpoint" | "foreign">,
  { meta, gemini, twilio, telnyx, ultravox }: Providers,
  secrets: Pick<Secrets, "vault_master_key" | "jwt_secret" | "auth_private_jwk">,
  env: Environment = {},
  worker_url = "",
): Record<string, string> {
  return {
    DATABASE_URL: database.workerUrl,
    NEON_ENDPOINT: database.endpoint,
    DATABASE_FOREIGN: database.foreign ? "1" : "0",
    META_APP_SECRET: meta.app_secret,
    META_VERIFY_TOKEN: meta.verify_token,
    META_GRAPH_URL: meta.graph_url,
    GEMINI_API_KEY: gemini.api_key,
    GEMINI_BASE_URL: gemini.base_url,
    PUBLIC_URL: env["PUBLIC_URL"] ?? worker_url,
    TWILIO_API_URL: twilio.url,
    TELNYX_API_URL: telnyx.url,
    ULTRAVOX_API_URL: ultravox.url,
    VAULT_MASTER_KEY: secrets.vault_master_key,
    JWT_SECRET: secrets.jwt_secret,
    AUTH_PRIVATE_JWK: secrets.auth_private_jwk,
    ...Object.fromEntries(SWITCHES.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))),
  };
}
