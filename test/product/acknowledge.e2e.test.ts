import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { createTestDatabase } from "../../dev/database/test-database.ts";
import type { RequestRecord } from "../../dev/simulators/index.ts";
import { createNeonExec } from "../../shared/db/neon.ts";
import { interruptible } from "../chaos/database.ts";
import type { Interruptible } from "../chaos/database.ts";
import { startRig } from "../chaos/rig.ts";
import type { Rig } from "../chaos/rig.ts";

const CALLERS = 10;
const MESSAGES = 100;
const STATUSES = ["sent", "delivered", "read"];
/** Longer than any test: whoever waits for this is not answered. */
const NEVER_MS = 3_600_000;

let database: Interruptible;
let rig: Rig;

beforeAll(async () => {
  database = interruptible(await createTestDatabase(inject("cluster")));
  rig = await startRig({ database, tenants: 1, ai_delay_seconds: 0 });
}, 120_000);
afterAll(async () => {
  await rig?.close();
  await database?.close();
});

const write = (caller: number, text: string) => rig.simulators.api.inbound({ from: customer(caller), text });
const customer = (caller: number) => `+4915100000${String(caller).padStart(3, "0")}`;

const report = (id: string, status: string, caller: number) => {
  const recipient_id = customer(caller).slice(1);
  const timestamp = String(Math.floor(Date.now() / 1000));
  return rig.simulators.api.inbound({ raw: { statuses: [{ id, status, timestamp, recipient_id }] } });
};

/** Requests to the model or to send a text that have arrived and have no answer yet. */
const open = (provider: "gemini" | "meta"): RequestRecord[] =>
  rig.simulators.api
    .requests({ provider })
    .filter(({ status, path, body }) => status === null && (provider === "gemini" || isText(path, body)));
const isText = (path: string, body: unknown) =>
  path.endsWith("/messages") && typeof body === "object" && body !== null && "text" in body;

async function sentIds(): Promise<string[]> {
  const exec = createNeonExec({ connection_string: database.workerUrl, endpoint: database.fetchEndpoint });
  const [rows = []] = await exec({ role: "switchboard_worker" }, [
    { text: "select wa_message_id from public.messages where direction = 'outbound' and wa_message_id is not null" },
  ]);
  return rows.map((row) => String(row["wa_message_id"]));
}

// How soon the acknowledgements come, p50 and p99, is the ingest benchmark's to measure. Here the model and the provider
// are silent for longer than the simulated Meta waits, so that an acknowledgement that waited for them would not count.
test("F9: 100 messages with three statuses each are answered with 200 while model and provider are still silent", async () => {
  const { api } = rig.simulators;
  const callers = Array.from({ length: CALLERS }, (_, caller) => caller);
  api.setModel([{ reply: "Until six.", confidence: 95 }]);
  for (const caller of callers) await write(caller, "Are you open?");
  await expect.poll(sentIds, { timeout: 60_000, interval: 100 }).toHaveLength(CALLERS);
  const ids = await sentIds();

  api.addFault({ provider: "meta", operation: "send", kind: "delay", value: NEVER_MS });
  api.setModel([
    { reply: "Until six.", confidence: 95, times: CALLERS / 2 },
    { reply: "Too late.", confidence: 95, delay_ms: NEVER_MS },
  ]);
  for (const caller of callers) await write(caller, "And tomorrow?");
  for (const provider of ["gemini", "meta"] as const)
    await expect.poll(() => open(provider).length, { timeout: 60_000, interval: 100 }).toBeGreaterThan(0);
  const waiting = [...open("gemini"), ...open("meta")];

  const statuses: number[] = [];
  await Promise.all(
    callers.map(async (caller) => {
      for (let n = 0; n < MESSAGES / CALLERS; n++) {
        statuses.push((await write(caller, `And on day ${n}?`)).status);
        for (const status of STATUSES) statuses.push((await report(ids[caller] ?? "", status, caller)).status);
      }
    }),
  );
  expect(statuses).toEqual(Array(MESSAGES * (1 + STATUSES.length)).fill(200));
  expect(waiting.filter(({ status }) => status !== null)).toEqual([]);
});
