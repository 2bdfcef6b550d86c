import { waitUntil } from "cloudflare:workers";
import { createGemini, createGeminiEmbedder, createGeminiRater } from "../shared/ai/index.ts";
import type { Embedder, Model, Rater } from "../shared/ai/index.ts";
import type { KeyRing } from "../shared/auth/identify.ts";
import { createSigner } from "../shared/auth/signer.ts";
import type { Signer } from "../shared/auth/signer.ts";
import { supabaseKeys } from "../shared/auth/supabase-keys.ts";
import type { Exec } from "../shared/db/exec.ts";
import { createNeonExec } from "../shared/db/neon.ts";
import { createPostgresExec } from "../shared/db/postgres.ts";
import { watchFeed } from "../shared/feed/watch.ts";
import { createLog, describeError } from "../shared/log.ts";
import type { Log } from "../shared/log.ts";
import type { Claim } from "../shared/sending/attempt.ts";
import { createUrlSigner } from "../shared/storage/sign.ts";
import type { UrlSigner } from "../shared/storage/sign.ts";
import type { TurnTools } from "../shared/turns/run.ts";
import { openVault } from "../shared/vault/keys.ts";
import { openEnvelope } from "../shared/vault/data-keys.ts";
import type { Envelope } from "../shared/vault/data-keys.ts";
import { dataKeyStore } from "../shared/vault/store.ts";
import { pokeAll } from "./hub/poke.ts";
import type { Hubs } from "./hub/poke.ts";
import { parseConfig } from "./config.ts";
import type { Config } from "./config.ts";
import { outgoingFiles, sized } from "./media/outgoing.ts";
import type { Files } from "./media/outgoing.ts";
import { deliver } from "./sending/deliver.ts";
import type { Report } from "./sending/deliver.ts";
import { createProviders } from "./sending/providers.ts";
import type { OpenMedia, PlaceFile, Providers } from "./sending/providers.ts";

/** What the handlers work with, built once an isolate from the environment. */
export interface Tools extends TurnTools {
  config: Config;
  exec: Exec;
  model: Model;
  embedder: Embedder;
  rater: Rater;
  providers: Providers;
  open_media: OpenMedia;
  place_file: PlaceFile;
  vault: Promise<Envelope>;
  /** Signs addresses of files. */
  url_signer: UrlSigner;
  log: Log;
  /** What callers' tokens are verified with. */
  keys: KeyRing;
  /** Absent where Supabase signs, and where nobody does. */
  signer: Signer | undefined;
  sleep: (ms: number) => Promise<void>;
  deliver: (next: Claim, report?: Report) => Promise<Claim>;
}

const now = () => Date.now();
const random = () => Math.random();
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

const built = new WeakMap<object, Tools>();

/** @throws ConfigError when a setting is missing or wrong */
export function toolsOf(env: object): Tools {
  const tools = built.get(env) ?? build(parseConfig(env), env);
  built.set(env, tools);
  return tools;
}

function build(config: Config, { HUB, MEDIA_BUCKET: bucket }: { HUB?: Hubs; MEDIA_BUCKET?: Files }): Tools {
  const log = createLog(config.LOG_LEVEL);
  const check_login = !config.DATABASE_FOREIGN;
  const database = config.HYPERDRIVE
    ? createPostgresExec({ connection_string: config.HYPERDRIVE.connectionString, check_login })
    : createNeonExec({ connection_string: config.DATABASE_URL, endpoint: config.NEON_ENDPOINT, check_login });
  const exec = watchFeed(database, (org_ids) => {
    if (!HUB) return;
    const poking = pokeAll(HUB, org_ids, now);
    waitUntil(poking.catch((error) => log("error", "hub.poke", { error: describeError(error) })));
  });
  const vault = openVault(config.VAULT_MASTER_KEY).then((masters) =>
    openEnvelope(masters, dataKeyStore(database), now),
  );
  const url_signer = createUrlSigner(config.VAULT_MASTER_KEY);
  const providers = createProviders({
    vault,
    meta: { graph_url: config.META_GRAPH_URL, sized },
    files: outgoingFiles({ exec, bucket, url_signer, public_url: config.PUBLIC_URL, now }),
    twilio: { api_url: config.TWILIO_API_URL },
    telnyx: { api_url: config.TELNYX_API_URL },
    public_url: config.PUBLIC_URL,
  });
  const gemini = { api_key: config.GEMINI_API_KEY, base_url: config.GEMINI_BASE_URL };
  const signer = config.AUTH_PRIVATE_JWK === "" ? undefined : createSigner(config.AUTH_PRIVATE_JWK);
  return {
    config,
    exec,
    providers,
    open_media: providers.open_media,
    place_file: providers.place_file,
    vault,
    url_signer,
    log,
    now,
    random,
    sleep,
    signer,
    keys: {
      plain: [...config.SUPABASE_PUBLISHABLE_KEYS, ...config.SUPABASE_SECRET_KEYS],
      secret: config.JWT_SECRET === "" ? undefined : new TextEncoder().encode(config.JWT_SECRET),
      keys: config.SUPABASE_URL === "" ? signer?.verify : supabaseKeys(config.SUPABASE_URL),
    },
    model: createGemini({ ...gemini, now, random, sleep }),
    embedder: createGeminiEmbedder(gemini),
    rater: createGeminiRater({ ...gemini, now }),
    deliver: (next, report) => deliver(next, { exec, providers, random, sleep, log }, report),
    show_typing: async ({ channel, last_inbound }) => {
      if (last_inbound) await providers.mark_read(channel, last_inbound.provider_id, true);
    },
  };
}
