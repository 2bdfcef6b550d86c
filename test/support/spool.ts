import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { spoolNumber } from "../../shared/spool/place.ts";
import { spool } from "../../workers/spool/stub.ts";
import { toolsOf } from "../../workers/tools.ts";
import { signatureOf } from "./webhook.ts";
import { askWith } from "./worker.ts";

/** The Spool of a WhatsApp number. */
export const spoolOf = async (phone_number_id: string) => spool(env, await spoolNumber("meta", phone_number_id));

type Stub = Awaited<ReturnType<typeof spoolOf>>;

/** Runs its alarm now; whether one was armed. */
export const drainNow = (stub: Stub) => runDurableObjectAlarm(stub);

/** Keeps its alarm from going off by itself for the length of a test. */
export const hold = (stub: Stub) =>
  runInDurableObject(stub, (_, state) => state.storage.setAlarm(Date.now() + 600_000));

/** An isolate of the Worker that knows nothing yet of the database's health: what it learns stays its own. */
export function isolate() {
  const own = { ...env };
  return {
    env: own,
    /** Posts a signed webhook to it. */
    async post(body: object): Promise<number> {
      const bytes = JSON.stringify(body);
      const headers = { "x-hub-signature-256": await signatureOf(bytes) };
      const response = await askWith(own, "/webhooks/meta", { method: "POST", body: bytes, headers });
      await response.body?.cancel();
      return response.status;
    },
    /** Puts its clock forward. */
    later(ms: number): void {
      const tools = toolsOf(own);
      const { now } = tools;
      tools.now = () => now() + ms;
    },
  };
}
