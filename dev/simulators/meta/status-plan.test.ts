import { expect, test } from "vitest";
import type { Strike } from "../server/fault-book.ts";
import { planStatuses } from "./status-plan.ts";
import type { PlanInput } from "./status-plan.ts";

function plan(change: Partial<PlanInput> = {}) {
  return planStatuses({
    is_reaction: false,
    accepted_at: 1000,
    delays: { sent: 50, delivered: 200, read: 800 },
    strikes: [],
    failure: undefined,
    ...change,
  }).map(({ status, at, delay_ms }) => [status, at, delay_ms]);
}

function struck(kind: Strike["kind"], value?: number): Partial<PlanInput> {
  return { strikes: [{ kind, value }] };
}

test("sent, delivered and read, each at its time", () => {
  expect(plan()).toEqual([
    ["sent", 1050, 50],
    ["delivered", 1200, 200],
    ["read", 1800, 800],
  ]);
});

test("a status without a delay never comes", () => {
  expect(plan({ delays: { sent: 50, delivered: 200, read: null } }).map(([status]) => status)).toEqual([
    "sent",
    "delivered",
  ]);
});

test("a reaction is only sent", () => {
  expect(plan({ is_reaction: true })).toEqual([["sent", 1050, 50]]);
});

test("a message that fails says only that", () => {
  expect(plan({ failure: 131026 })).toEqual([["failed", 1200, 200]]);
});

test("reordered webhooks keep the times of what they report", () => {
  expect(plan(struck("reorder"))).toEqual([
    ["read", 1800, 50],
    ["delivered", 1200, 200],
    ["sent", 1050, 800],
  ]);
});

test("duplicated webhooks come in pairs", () => {
  expect(plan(struck("duplicate")).map(([status]) => status)).toEqual([
    "sent",
    "sent",
    "delivered",
    "delivered",
    "read",
    "read",
  ]);
});

test("a held message starts later", () => {
  expect(plan(struck("hold", 5000))[0]).toEqual(["sent", 6050, 5050]);
});
