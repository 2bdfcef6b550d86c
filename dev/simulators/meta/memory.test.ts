import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { NUMBER } from "../rig.ts";
import { openMemory } from "./memory.ts";
import type { Memory } from "./memory.ts";
import type { StatusStep } from "./status-plan.ts";

let file: string;
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), "memory-"));
  file = join(folder, "meta.jsonl");
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

/** Writes to a memory, and opens it again as the next run would. */
function afterwards(write: (memory: Memory) => void): Memory {
  const first = openMemory(file);
  write(first);
  first.close();
  const next = openMemory(file);
  next.close();
  return next;
}

function wrote(at: number, from = "16505551234") {
  return { kind: "wrote", phone_number_id: "1", from, name: "Ana", at } as const;
}

function sent(id: string, statuses: StatusStep["status"][]) {
  const plan = statuses.map((status) => ({ status, at: 1, delay_ms: 0, early: false, error_code: undefined }));
  const person = { wa_id: "16505551234", user_id: "US.1", name: "Ana" };
  const common = { category: "service", is_reaction: false, biz_opaque_callback_data: "attempt", accepted_at: 1 };
  return { kind: "sent", message: { id, number: NUMBER, person, ...common }, plan } as const;
}

const debts = (memory: Memory) => memory.owed.map(({ message, plan }) => [message.id, plan.map((step) => step.status)]);

test("of each customer the newest line is remembered", () => {
  const memory = afterwards((open) => {
    for (const entry of [wrote(1), wrote(2), wrote(3, "34600000000")]) open.append(entry);
  });
  expect(memory.wrote).toEqual([wrote(2), wrote(3, "34600000000")]);
});

test("statuses that were told are no longer owed, and a message that owes none is forgotten", () => {
  const memory = afterwards((open) => {
    open.append(sent("a", ["sent", "delivered"]));
    open.append(sent("b", ["sent"]));
    open.append({ kind: "reported", id: "a", status: "sent" });
    open.append({ kind: "reported", id: "b", status: "sent" });
  });
  expect(debts(memory)).toEqual([["a", ["delivered"]]]);
});

test("a line cut off by a kill costs only itself", () => {
  afterwards((open) => open.append(sent("a", ["sent"])));
  appendFileSync(file, '{"kind":"sent","mess');
  expect(debts(afterwards(() => {}))).toEqual([["a", ["sent"]]]);
});

test("the access token is not written down", () => {
  afterwards((open) => open.append(sent("a", ["sent"])));
  expect(readFileSync(file, "utf8")).not.toContain(NUMBER.access_token);
});

test("without a file nothing is kept", () => {
  const memory = openMemory(undefined);
  memory.append(wrote(1));
  expect(openMemory(undefined).wrote).toEqual([]);
});
