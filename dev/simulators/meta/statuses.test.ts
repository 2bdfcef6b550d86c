import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { CUSTOMER, startRig, statusesOf, APP_SECRET } from "../rig.ts";
import type { Rig } from "../rig.ts";
import type { FaultInput } from "../server/fault-book.ts";
import { signature } from "./sign.ts";

let rig: Rig;
afterEach(() => rig.close());

async function start(options?: Parameters<typeof startRig>[0]): Promise<void> {
  rig = await startRig(options);
  await rig.write(CUSTOMER);
}

async function statusesUnder(fault: Partial<FaultInput>, count: number) {
  await start();
  rig.simulators.api.addFault({ provider: "meta", operation: "status", kind: "delay", count: 1, ...fault });
  await rig.send();
  return statusesOf(await rig.received(count));
}

const names = (statuses: Record<string, unknown>[]) => statuses.map((status) => status.status);

test("sent, delivered and read arrive signed, with our correlation data and the recipient", async () => {
  await start();
  const id = (await rig.send()).body.messages[0].id;
  const webhooks = await rig.received(3);
  for (const { path, headers, bytes } of webhooks) {
    expect(path).toBe("/webhooks/meta");
    expect(headers["x-hub-signature-256"]).toBe(signature(APP_SECRET, bytes));
  }
  const statuses = statusesOf(webhooks);
  expect(names(statuses)).toEqual(["sent", "delivered", "read"]);
  expect(statuses).toMatchObject(
    Array.from({ length: 3 }, () => ({
      id,
      recipient_id: "16505551234",
      biz_opaque_callback_data: "attempt-1",
      timestamp: expect.stringMatching(/^\d{10}$/),
    })),
  );
});

test("a webhook that is not answered with 200 comes again, the same to the byte", async () => {
  await start({ meta: { status_delays_ms: { sent: 0, delivered: null, read: null } } });
  rig.answers.push(503, 204);
  await rig.send();
  const [first, ...rest] = await rig.received(3);
  expect(rest.map((webhook) => webhook.bytes)).toEqual([first?.bytes, first?.bytes]);
});

test("an error by fault on `status` makes the accepted message fail, without contacts", async () => {
  const [failed] = await statusesUnder({ kind: "error", value: 131049 }, 1);
  expect(failed).toMatchObject({ status: "failed", errors: [{ code: 131049 }] });
  expect(rig.webhooks[0]?.bytes).not.toContain('"contacts"');
});

test("duplicate: every status comes twice", async () => {
  const statuses = await statusesUnder({ kind: "duplicate" }, 6);
  expect(names(statuses).toSorted()).toEqual(["delivered", "delivered", "read", "read", "sent", "sent"]);
});

test("reorder: read comes first", async () => {
  expect(names(await statusesUnder({ kind: "reorder" }, 3))).toEqual(["read", "delivered", "sent"]);
});

test("early: the first status is there before the send is answered", async () => {
  await start({ meta: { status_delays_ms: { sent: 60_000, delivered: null, read: null } } });
  rig.simulators.api.addFault({ provider: "meta", operation: "send", kind: "early", count: 1 });
  await rig.send();
  expect(names(statusesOf(rig.webhooks))).toEqual(["sent"]);
});

test("drop_request: the webhook is lost once and repeated", async () => {
  expect(names(await statusesUnder({ kind: "drop_request" }, 3)).toSorted()).toEqual(["delivered", "read", "sent"]);
});

test("drop_response: the webhook comes again although it was answered", async () => {
  expect(names(await statusesUnder({ kind: "drop_response" }, 4)).filter((name) => name === "sent")).toHaveLength(2);
});

test("with a memory file, the next run delivers the statuses still owed and keeps the window open", async () => {
  const folder = mkdtempSync(join(tmpdir(), "simulators-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const memory_file = join(folder, "meta.jsonl");
  const now = Date.UTC(2026, 10, 20, 12);
  const slow = { memory_file, status_delays_ms: { sent: 3_600_000, delivered: null, read: null } };
  await start({ clock: () => now, meta: slow });
  const id = (await rig.send()).body.messages[0].id;
  await rig.close();

  rig = await startRig({ clock: () => now + 3_600_000, meta: slow });
  expect(statusesOf(await rig.received(1))).toMatchObject([{ id, status: "sent", timestamp: "1795179600" }]);
  expect((await rig.send()).status).toBe(200);
});
