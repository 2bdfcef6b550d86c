import { join } from "node:path";
import type { Availability } from "../database/neon-proxy.ts";
import { SHOP } from "../demo/shop.ts";
import { startSimulators, type Simulators } from "../simulators/index.ts";
import type { Providers } from "./providers.ts";
import type { Secrets } from "./secrets.ts";

export interface SimulateOptions {
  /** Data folder of the stack. */
  data: string;
  port: number;
  worker_url: string;
  providers: Providers;
  secrets: Secrets;
  /** Of the demo organization, in the addresses of its Telnyx number; undefined where there is no demo. */
  webhook_secret: string | undefined;
  /** Milliseconds that the built-in model takes to answer. */
  model_latency_ms: number;
  /** The proxy's switch, which `/_sim/postgres` turns; absent where no proxy of ours is in between. */
  availability: Availability | undefined;
  /** Runs the Worker's scheduled handler. */
  cron: (expression: string) => Promise<void>;
  /** The cron expressions of wrangler.toml. */
  crons: readonly string[];
}

/**
 * Starts the simulators with their control. They run beside real providers too, unused: the Worker is given the
 * addresses of the real ones, and a real number is unknown here.
 */
export function simulateProviders(options: SimulateOptions): Promise<Simulators> {
  const { data, port, worker_url, providers, secrets, webhook_secret, availability, cron, crons } = options;
  const { phone_number: display_phone_number, ...number } = providers.meta.number;
  return startSimulators({
    port,
    worker_url: () => worker_url,
    meta: {
      app_secret: secrets.meta_app_secret,
      numbers: providers.meta.real ? [] : [{ display_phone_number, ...number }],
      memory_file: join(data, "meta.jsonl"),
    },
    gemini: { api_key: secrets.gemini_api_key, latency_ms: options.model_latency_ms },
    twilio: {
      accounts: [{ account_sid: secrets.twilio_account_sid, auth_token: secrets.twilio_auth_token }],
      numbers: [{ phone_number: SHOP.twilio.number, account_sid: secrets.twilio_account_sid }],
    },
    telnyx: {
      api_keys: [secrets.telnyx_api_key],
      numbers: webhook_secret === undefined ? [] : [telnyxNumber(secrets.telnyx_api_key, webhook_secret)],
    },
    ultravox: { api_keys: [secrets.ultravox_api_key] },
    host: {
      cron,
      crons,
      ...(availability && {
        postgres: (state, ms = 0) => void Object.assign(availability, { state, ms } satisfies Availability),
      }),
    },
  });
}

const telnyxNumber = (api_key: string, webhook_secret: string) => ({
  phone_number: SHOP.telnyx.number,
  api_key,
  webhook_url: `/webhooks/telnyx/${webhook_secret}/messaging`,
});
