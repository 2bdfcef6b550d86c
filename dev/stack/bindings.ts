import type { StackDatabase } from "./database.ts";
import type { Providers } from "./providers.ts";
import type { Secrets } from "./secrets.ts";

/** The Worker's secrets and settings, in the place of those that a deployment gets from `wrangler secret put`. */
export function bindings(
  database: Pick<StackDatabase, "workerUrl" | "endpoint">,
  { meta, gemini }: Providers,
  secrets: Pick<Secrets, "vault_master_key">,
): Record<string, string> {
  return {
    DATABASE_URL: database.workerUrl,
    NEON_ENDPOINT: database.endpoint,
    META_APP_SECRET: meta.app_secret,
    META_VERIFY_TOKEN: meta.verify_token,
    META_GRAPH_URL: meta.graph_url,
    GEMINI_API_KEY: gemini.api_key,
    GEMINI_BASE_URL: gemini.base_url,
    VAULT_MASTER_KEY: secrets.vault_master_key,
  };
}
