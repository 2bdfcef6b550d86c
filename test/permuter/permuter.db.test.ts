import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ANA, AT, NUMBER } from "../../shared/channels/meta/fixtures.ts";
import { openHarness } from "../database/harness.ts";
import type { Harness } from "../database/harness.ts";
import { edit, message, revoke, status } from "../factories/events.ts";
import { account, echo, edited, history, imported, line, picture, template, told, unreadable } from "./history.ts";
import { permute } from "./permute.ts";
import type { Given } from "./place.ts";
import { IGNORED } from "./state.ts";

let db: Harness;
beforeAll(async () => void (db = await openHarness()));
afterAll(() => db.close());

const SEED = 20_260_801;

/** Enough connections and patience for hundreds of tenants in one test. */
const PATIENCE = 120_000;

const converge = (given: Given[], runs = 60) => permute(db.exec, given, { seed: SEED, runs });

test(
  "F15, F76: a line, its edits and revocation, a reply from the phone and its statuses, in all 720 orders",
  { timeout: PATIENCE },
  async () => {
    const { messages } = await converge([
      line("asked", 0),
      edited("asked", "e1", "Is it open tomorrow?", 5),
      edited("asked", "e2", "Is it open on Sunday?", 6),
      echo("said", 10),
      told("said", "read", 14),
      told("said", "delivered", 12),
    ]);
    expect(messages).toMatchObject([{ content: "Is it open on Sunday?" }, { delivery_status: "read" }]);
  },
);

test("F15, F16: the same as events that the database is given, in all orders", { timeout: PATIENCE }, async () => {
  const asked = message(NUMBER, ANA, { provider_id: "asked", at: AT });
  await converge([
    asked,
    edit(asked, "changed", { provider_id: "e1" }),
    revoke(asked, { provider_id: "r1" }),
    status(NUMBER, "never", "sent", { at: AT }),
    status(NUMBER, "never", "failed", { at: AT + 1, error: { code: 131026 } }),
  ]);
});

test(
  "F19, F76: history in chunks, live lines, templates, the account and what nobody can read",
  { timeout: PATIENCE },
  async () => {
    const state = await converge([
      imported(0, "h1", "h2"),
      imported(1, "h3"),
      line("live", 0),
      picture("photo", 3),
      echo("said", 5),
      told("said", "sent", 6),
      told("said", "failed", 7, { errors: [{ code: 131026, title: "Undeliverable" }] }),
      told("said", "delivered", 8),
      template("PAUSED"),
      template("APPROVED"),
      account("VERIFIED_ACCOUNT"),
      unreadable(),
    ]);
    expect(state).toMatchObject({
      messages: { length: 6 },
      provider_events: { length: 3 },
      quarantined_events: { length: 1 },
      parked_events: { length: 0 },
    });
  },
);

test("F15, F19, F76: any such history ends in the same rows, whatever its order", { timeout: PATIENCE }, async () => {
  await fc.assert(
    fc.asyncProperty(history, async (given) => void (await permute(db.exec, given, { seed: SEED, runs: 8 }))),
    { seed: SEED, numRuns: 12 },
  );
});

test("rows that do depend on the order are told, with the seed and the delivery", async () => {
  // two different lines under one id: whichever comes first stays
  const clash = [line("same", 0), line("same", 60)];
  await expect(converge(clash)).rejects.toThrow(
    /^seed 20260801, bodies \[\[1.*\nmessages expected .*\nmessages found/s,
  );
});

test("every column that is not compared exists and is there for a reason", async () => {
  const rows = await db.rows(
    "select table_name, column_name from information_schema.columns where table_schema in ('public', 'switchboard')",
  );
  const columns = new Set(rows.map((row) => `${row["table_name"]}.${row["column_name"]}`));
  for (const [table, ignored] of Object.entries(IGNORED)) {
    for (const [column, reason] of Object.entries(ignored)) {
      expect(columns).toContain(`${table}.${column}`);
      expect(reason).not.toBe("");
    }
  }
});
