import { expect, test } from "vitest";
import type { Change } from "../display/change.ts";
import { playCustomer } from "./customer.ts";
import { CALL, FIRST_QUESTION, SECOND_QUESTION } from "./shop.ts";

const change = (record: Record<string, unknown>): Change => ({
  table: "messages",
  operation: "UPDATE",
  record,
  contact: null,
  turn: null,
});

/** Plays against a feed that carries `changes` and nothing more; returns what happened, in order. */
async function play(changes: Record<string, unknown>[]) {
  const steps: string[] = [];
  await playCustomer({
    call: async ({ from, text }) => steps.push(`${from} calls: ${text}`),
    write: async ({ from, name, text }) => steps.push(`${name} ${from}: ${text}`),
    sleep: async (ms) => void steps.push(`sleep ${ms}`),
    random: () => 0,
    watch: {
      until: async (fits) => {
        const found = changes.some((record) => fits(change(record)));
        steps.push(found ? "settled" : "not settled");
        return found;
      },
    },
  });
  return steps;
}

test("the customer asks, hears the answer, asks again and calls", async () => {
  const maya = (text: string | undefined) => `Maya +447700900100: ${text}`;
  expect(await play([{ delivery_status: "read" }])).toEqual([
    "settled",
    maya(FIRST_QUESTION[0]),
    "sleep 1000",
    maya(FIRST_QUESTION[1]),
    "sleep 1000",
    "settled",
    maya(SECOND_QUESTION[0]),
    "sleep 1000",
    "not settled",
    `+447700900100 calls: ${CALL.join("\n")}`,
  ]);
});

test.each([[{ is_draft: true }], [{ delivery_status: "failed" }]])("%j settles a question too", async (record) => {
  expect((await play([record])).filter((step) => step === "not settled")).toHaveLength(1);
});

test.each([[{ delivery_status: "sent" }], [{ delivery_status: null }]])("%j does not", async (record) => {
  expect(await play([record])).toContain("not settled");
});
