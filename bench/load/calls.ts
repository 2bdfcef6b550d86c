import { createTelnyxAccounts } from "../../dev/simulators/telnyx/accounts.ts";
import { drive } from "./post.ts";
import type { Round } from "./post.ts";
import { AGENTS_PATH } from "./provider.ts";
import type { Provider } from "./provider.ts";

export interface CallPlan {
  /** Where Telnyx's webhooks go; null: nobody is told, and the two provider calls of an answer are made right here. */
  url: string | null;
  /** Of the Telnyx account, whose signing key follows from it. */
  api_key: string;
  /** The number that is called. */
  number: string;
}

/** A caller who waits longer has hung up. */
const PATIENCE_MS = 10_000;
let made = 0;

/**
 * Calls that come in one after the other: the latency is from the first byte of `call.initiated` to the moment in which
 * the answer command reaches the carrier. Each has hung up before the next one calls.
 */
export function prepareCalls(plan: CallPlan, provider: Provider): Round {
  const account = createTelnyxAccounts([plan.api_key]).add(plan.api_key);
  const { url } = plan;

  async function tell(to: string, event_type: string, leg: string, payload: object): Promise<void> {
    const body = JSON.stringify({
      data: {
        id: crypto.randomUUID(),
        event_type,
        occurred_at: new Date().toISOString(),
        record_type: "event",
        payload: { call_control_id: leg, call_session_id: leg, client_state: null, ...payload },
      },
    });
    const timestamp = String(Math.floor(Date.now() / 1000));
    const headers = { "telnyx-timestamp": timestamp, "telnyx-signature-ed25519": account.sign(timestamp, body) };
    await post(to, body, headers);
  }

  async function floor(leg: string): Promise<void> {
    await post(provider.url + AGENTS_PATH, "{}", {});
    await post(`${provider.url}/v2/calls/${leg}/actions/answer`, "{}", {});
  }

  async function take(leg: string): Promise<number> {
    const from = `+1650${String(2_000_000 + made).slice(-7)}`;
    const arrival = provider.expect(leg);
    const begun = performance.timeOrigin + performance.now();
    const telling =
      url === null
        ? floor(leg)
        : tell(url, "call.initiated", leg, { direction: "incoming", state: "parked", from, to: plan.number });
    const [{ at }] = await within(PATIENCE_MS, Promise.all([arrival, telling]));
    if (url !== null) await tell(url, "call.hangup", leg, { hangup_cause: "normal_clearing" });
    return at - begun;
  }

  return {
    async run({ callers, seconds }) {
      const latencies_ms: number[] = [];
      const call = async (leg: string) => void latencies_ms.push(await take(leg));
      const result = await drive(legs(), Array<typeof call>(callers).fill(call), seconds);
      return { ...result, latencies_ms };
    },
  };
}

function* legs(): Generator<string> {
  for (;;) yield `leg-${++made}`;
}

async function post(url: string, body: string, headers: Record<string, string>): Promise<void> {
  const response = await fetch(url, {
    method: "POST",
    body,
    headers: { "content-type": "application/json", ...headers },
  });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`status ${response.status}`);
}

function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer command within ${ms} ms`)), ms);
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
}
