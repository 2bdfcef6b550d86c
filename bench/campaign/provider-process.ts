import { startSimulators } from "../../dev/simulators/index.ts";
import type { Simulators } from "../../dev/simulators/index.ts";
import { serve } from "../process/serve.ts";

export interface ProviderPlan {
  /** Messages a second that it takes from a number before it answers 130429. */
  throughput: number;
  numbers: { phone_number_id: string; display_phone_number: string; waba_id: string; access_token: string }[];
}

/** Who was called for, in order, and when. */
export interface Calls {
  /** Unix milliseconds of arrival. */
  at: number[];
  to: string[];
  /** Answers that were not an acceptance. */
  refused: number;
}

/** The simulated WhatsApp, in a process of its own. It reports no statuses: nothing would hear them. */
export type ProviderHandlers = typeof handlers;

let simulators: Simulators | undefined;

const handlers = {
  async start({ throughput, numbers }: ProviderPlan): Promise<string> {
    simulators ??= await startSimulators({
      worker_url: () => "http://127.0.0.1:9",
      meta: {
        app_secret: "app-secret-of-the-benchmark",
        numbers,
        status_delays_ms: { sent: null, delivered: null, read: null },
        webhook_retries_ms: [],
        throughput,
      },
      gemini: { api_key: "api-key-of-the-benchmark" },
      log_limit: 500_000,
    });
    return simulators.url;
  },
  async calls(): Promise<Calls> {
    const records = simulators?.api.requests({ provider: "meta" }) ?? [];
    return {
      at: records.map(({ at }) => Date.parse(at)),
      to: records.map(({ body }) => String((body as { to?: unknown } | null)?.to)),
      refused: records.filter(({ status }) => status !== null && status !== 200).length,
    };
  },
};

serve(handlers);
