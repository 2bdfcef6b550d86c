import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DatabaseError } from "../../shared/db/exec.ts";
import { asServiceError } from "../../shared/errors.ts";
import { begin } from "../../shared/turns/begin.ts";
import { commit } from "../../shared/turns/commit.ts";
import { message, newCustomer } from "../factories/events.ts";
import { createMember, createTenant } from "../factories/tenant.ts";
import type { Tenant } from "../factories/tenant.ts";
import { openHarness } from "./harness.ts";
import type { Harness, Sending } from "./harness.ts";
import { FIGURES, opened, verdict } from "./turn-fixtures.ts";

let db: Harness;
let tenant: Tenant;
beforeAll(async () => {
  db = await openHarness();
  tenant = await createTenant(db.exec);
});
afterAll(() => db.close());

/** What the loser of a race is told. */
interface Refusal {
  code: string;
  current: Record<string, unknown>;
}

async function settled<T>(work: Promise<T>): Promise<T | Refusal> {
  return work.catch((error: unknown) => {
    expect(error).toBeInstanceOf(DatabaseError);
    const { code, details = {} } = asServiceError(error);
    return { code, current: (details["current"] ?? {}) as Record<string, unknown> };
  });
}

/** A conversation whose answer waits as a draft. */
async function drafted() {
  const work = await db.begun(tenant);
  const committed = await commit(db.exec, work.turn, verdict({ decision: "draft", reason: "low_confidence" }), FIGURES);
  if (committed.outcome !== "committed") throw new Error(committed.outcome);
  return { ...work, message_id: committed.message_id ?? "" };
}

const approve = (message_id: string, version = 1, content?: string) =>
  settled(db.as<Sending>(tenant, "approve_draft_v1", { message_id, version, content, lease_seconds: 30 }));
const reject = (message_id: string, version = 1) =>
  settled(db.as<{ rejected: true }>(tenant, "reject_draft_v1", { message_id, version, reason: "wrong" }));
const assign = (conversation_id: string, team_member_id: string | null, expected_epoch?: number) =>
  settled(
    db.as<Record<string, unknown>>(tenant, "assign_conversation_v1", {
      conversation_id,
      team_member_id,
      expected_epoch,
    }),
  );

describe("F37: taking a conversation", () => {
  test.each([["without saying what was seen"], ["with the epoch that both have seen"]])(
    "F37: of two at once %s, one wins and the other learns who",
    async (how) => {
      const id = await db.writes(tenant, newCustomer(), {});
      const [anna, ben] = [
        await createMember(db.exec, tenant, { name: "Anna" }),
        await createMember(db.exec, tenant, { name: "Ben" }),
      ];
      const epoch = how.startsWith("with the") ? 0 : undefined;
      const holder = await db.connect();
      await holder.query("begin");
      await holder.query("select from conversations where id = $1 for update", [id]);
      const both = [assign(id, anna.team_member_id, epoch), assign(id, ben.team_member_id, epoch)];
      await db.waiting(2);
      await holder.query("commit");
      const outcomes = await Promise.all(both);
      const { assigned_to, assigned_to_name } = Object(outcomes.find((one) => !("code" in one)));
      expect(outcomes.find((one) => "code" in one)).toMatchObject({
        code: "conflict",
        current: { assigned_to, assigned_to_name: expect.stringMatching(/^(Anna|Ben)$/) },
      });
      expect(await db.conversation(id)).toMatchObject({ status: "assigned", assigned_to });
      expect(assigned_to).toBe(assigned_to_name === "Anna" ? anna.team_member_id : ben.team_member_id);
    },
  );

  test("F37: from somebody else needs the epoch last seen, and works with it", async () => {
    const id = await db.writes(tenant, newCustomer(), {});
    const anna = await createMember(db.exec, tenant, { name: "Anna" });
    const first = await assign(id, anna.team_member_id);
    expect(await assign(id, tenant.owner.team_member_id)).toMatchObject({ current: { assigned_to_name: "Anna" } });
    const epoch = Number((first as Record<string, unknown>)["epoch"]);
    expect(await assign(id, tenant.owner.team_member_id, epoch)).toMatchObject({ assigned_to_name: "Owner" });
  });

  test("F37: again, by who has it, changes nothing", async () => {
    const id = await db.writes(tenant, newCustomer(), {});
    const once = await assign(id, tenant.owner.team_member_id);
    expect(await assign(id, tenant.owner.team_member_id)).toEqual(once);
  });
});

describe("F58: a draft", () => {
  test("F58: approved by two at once is sent once; the other is told", async () => {
    const { conversation_id, message_id } = await drafted();
    const outcomes = await Promise.all([approve(message_id), approve(message_id)]);
    expect(outcomes.filter((one) => "delivery_status" in one && one.delivery_status === "sending")).toHaveLength(1);
    expect(outcomes.find((one) => "code" in one)).toMatchObject({ code: "conflict", current: { is_draft: false } });
    expect(await db.attempts(conversation_id)).toHaveLength(1);
  });

  test("F58: approved and rejected at once has one outcome", async () => {
    const { conversation_id, message_id } = await drafted();
    const outcomes = await Promise.all([approve(message_id), reject(message_id)]);
    expect(outcomes.filter((one) => "code" in one && one.code === "conflict")).toHaveLength(1);
    const sent = (await db.attempts(conversation_id)).length;
    expect(await db.rows("select human_feedback from ai_responses where message_id = $1", [message_id])).toEqual([
      { human_feedback: sent === 1 ? "approved" : "rejected" },
    ]);
  });

  test("F58: that the customer has written past needs a second look: the version that the refusal names", async () => {
    const { conversation_id, message_id, customer } = await drafted();
    await db.arrive(message(tenant.phone_number_id, customer, { content: "Forget it" }));
    expect(await approve(message_id)).toMatchObject({
      code: "conflict",
      current: { is_draft: true, version: 2, newer_customer_messages: 1, newer_replies: 0 },
    });
    expect(await db.attempts(conversation_id)).toEqual([]);
    expect(await approve(message_id, 2)).toMatchObject({ delivery_status: "sending" });
  });

  test("F58: that a colleague has answered past needs a second look too", async () => {
    const { conversation_id, message_id } = await drafted();
    await db.says(tenant, conversation_id, "Nine o'clock!");
    expect(await approve(message_id)).toMatchObject({ code: "conflict", current: { version: 2, newer_replies: 1 } });
  });

  test("F58: that a newer one has replaced is gone, and says so", async () => {
    const { conversation_id, message_id, customer } = await drafted();
    await db.arrive(message(tenant.phone_number_id, customer));
    const { turn } = opened(await begin(db.exec, conversation_id, crypto.randomUUID()));
    await commit(db.exec, turn, verdict({ decision: "draft", reply: "Newer" }), FIGURES);
    expect(await approve(message_id)).toMatchObject({ code: "conflict", current: { outcome: "superseded" } });
  });

  test("an edited draft goes out as the person's words, and the AI's record keeps its own", async () => {
    const { conversation_id, message_id } = await drafted();
    expect(await approve(message_id, 1, "We open at ten.")).toMatchObject({
      next: { attempt: { content: { type: "text", text: "We open at ten." } } },
    });
    expect((await db.messages(conversation_id)).at(-1)).toMatchObject({
      sender_type: "agent",
      is_draft: false,
      seq: "2",
    });
    expect(
      await db.rows("select content, human_feedback from ai_responses where message_id = $1", [message_id]),
    ).toEqual([{ content: "We open at nine.", human_feedback: "edited" }]);
  });

  test("approved while a turn is running stops that turn", async () => {
    const { conversation_id, message_id, customer } = await drafted();
    await db.arrive(message(tenant.phone_number_id, customer));
    const { turn } = opened(await begin(db.exec, conversation_id, crypto.randomUUID()));
    await approve(message_id, 2);
    expect(await commit(db.exec, turn, verdict(), FIGURES)).toMatchObject({
      outcome: "superseded",
      reason: "human_act",
    });
  });
});

describe("send-message with an idempotency key", () => {
  const say = (id: string, key: string, change = {}) =>
    settled(db.says(tenant, id, "Hello", { idempotency_key: key, request_hash: "one", ...change }));

  test("asked by many at once sends one message, and nobody meets a fault", async () => {
    const id = await db.writes(tenant, newCustomer(), {});
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => say(id, "key-1")));
    expect(outcomes.filter((one) => "next" in one && one.next.outcome === "claimed")).toHaveLength(1);
    expect(outcomes.filter((one) => "code" in one && one.code !== "conflict")).toEqual([]);
    expect(await db.attempts(id)).toHaveLength(1);
  });

  test("used in two conversations at once sends in one of them, and leaves the other untouched", async () => {
    const ids = [await db.writes(tenant, newCustomer(), {}), await db.writes(tenant, newCustomer(), {})];
    const outcomes = await Promise.all(ids.map((id) => say(id, "key-2")));
    const won = outcomes.findIndex((one) => "next" in one && one.next.outcome === "claimed");
    expect(await db.attempts(ids[won] ?? "")).toHaveLength(1);
    const other = ids[1 - won] ?? "";
    expect(await db.attempts(other)).toEqual([]);
    expect(await db.conversation(other)).toMatchObject({ status: "ai_handling", epoch: "0", message_seq: "1" });
  });

  test("repeats the gate's refusal, too", async () => {
    const id = await db.writes(tenant, newCustomer(), {});
    await db.rows("update conversations set window_expires_at = now() where id = $1", [id]);
    const first = await say(id, "key-3");
    expect(first).toMatchObject({ delivery_status: "failed", gate: { rule: "service_window" } });
    expect(await say(id, "key-3")).toEqual(first);
  });
});

test("F43: switching the AI off and committing a reply at once: either the reply was first, or nothing leaves", async () => {
  for (let round = 0; round < 10; round++) {
    const work = await db.begun(tenant);
    const [committed] = await Promise.all([
      commit(db.exec, work.turn, verdict(), FIGURES),
      db.as(tenant, "set_ai_v1", { conversation_id: work.conversation_id, enabled: false }),
    ]);
    const attempts = await db.attempts(work.conversation_id);
    expect(attempts).toHaveLength(committed.outcome === "committed" ? 1 : 0);
  }
});
