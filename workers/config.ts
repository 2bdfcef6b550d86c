import * as z from "zod";

const required = z.string({ error: "is missing" }).min(1, "is empty");

/** A switch of the environment: on when it is 1. */
const flag = (unset = "") =>
  z
    .string()
    .default(unset)
    .transform((value) => value === "1");

/** Keys that begin alike and are long enough not to be guessed; none when it is not given. */
const plainKeys = (prefix: string) =>
  z
    .string()
    .default("")
    .transform((text) =>
      text
        .split(",")
        .map((key) => key.trim())
        .filter((key) => key !== ""),
    )
    .refine((keys) => keys.every((key) => key.startsWith(prefix) && key.length >= prefix.length + 20), {
      error: `must begin with ${prefix} and go on for 20 characters at least`,
    });

/** Every setting the Worker reads, parsed before anything is served. */
const schema = z.object({
  DATABASE_URL: required.startsWith("postgres", "must be a postgres:// address"),
  // in the place of DATABASE_URL for a Postgres that is not Neon's
  HYPERDRIVE: z.object({ connectionString: required }).optional(),
  // a database of somebody else's, without our schema: the data door alone serves it
  DATABASE_FOREIGN: flag(),
  NEON_ENDPOINT: z.url("must be a URL").or(z.literal("")).default(""),
  META_APP_SECRET: required,
  META_VERIFY_TOKEN: required,
  META_GRAPH_URL: z.url("must be a URL").default("https://graph.facebook.com/v25.0"),
  TWILIO_API_URL: z.url("must be a URL").default("https://api.twilio.com/2010-04-01"),
  // where providers reach this Worker; the address of a request when it is not given, and then nobody is told one
  PUBLIC_URL: z.url("must be a URL").or(z.literal("")).default(""),
  GEMINI_API_KEY: required,
  GEMINI_BASE_URL: z.url("must be a URL").default("https://generativelanguage.googleapis.com"),
  TELNYX_API_URL: z.url("must be a URL").default("https://api.telnyx.com/v2"),
  ULTRAVOX_API_URL: z.url("must be a URL").default("https://api.ultravox.ai/api"),
  VAULT_MASTER_KEY: required,
  // signs the keys of the roles anon and service_role (HS256); without it there are none
  JWT_SECRET: z.string().default(""),
  // keys of Supabase's newer form, separated by commas: sb_publishable_… for anybody, sb_secret_… for the service role
  SUPABASE_PUBLISHABLE_KEYS: plainKeys("sb_publishable_"),
  SUPABASE_SECRET_KEYS: plainKeys("sb_secret_"),
  // signs the tokens of those who sign in here: a private EC key on P-256, as JSON (RFC 7517)
  AUTH_PRIVATE_JWK: z.string().default(""),
  // in the place of that: a Supabase project, whose sign-in is used
  SUPABASE_URL: z.url("must be a URL").or(z.literal("")).default(""),
  AUTH_SIGNUPS: flag("1"),
  // origins of dashboards, separated by commas; a star lets every one in
  CORS_ORIGINS: z.string().min(1).default("*"),
  REST_SCHEMAS: z.string().min(1).default("public"),
  REST_MAX_ROWS: z.coerce.number().int().min(1).default(1000),
  REST_AGGREGATES: flag(),
  REST_EXPLAIN: flag(),
  REST_TX_ROLLBACK: flag(),
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
});

export type Config = z.output<typeof schema>;

export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** @throws ConfigError naming every setting that is missing or wrong, in one line */
export function parseConfig(env: object): Config {
  const parsed = schema.safeParse(env);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`);
  throw new ConfigError(
    `Configuration: ${problems.join("; ")}. Set it in wrangler.toml or with 'wrangler secret put'.`,
  );
}
