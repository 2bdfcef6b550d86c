import { sql } from "drizzle-orm";
import { bigint, boolean, check, integer, jsonb, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { timestamptz } from "./columns.ts";

/** One call. What happened in it is folded from `call_events`. */
export const calls = pgTable(
  "calls",
  {
    id: uuid().defaultRandom().primaryKey(),
    org_id: uuid().notNull(),
    business_id: uuid().notNull(),
    channel_id: uuid().notNull(),
    /** Null where the caller withholds the number. */
    contact_id: uuid(),
    conversation_id: uuid(),
    direction: text({ enum: ["inbound", "outbound"] }).notNull(),
    state: text({
      enum: [
        "queued",
        "dialing",
        "ringing",
        "answered",
        "talking",
        "completed",
        "missed",
        "refused",
        "failed",
        "expired",
        "unknown_end",
      ],
    })
      .default("queued")
      .notNull(),
    /** Why it was refused or failed, for a person to read. */
    reason: text(),
    gate: jsonb(),
    topic: text({ enum: ["marketing", "utility"] })
      .default("utility")
      .notNull(),
    /** Outbound: what the agent is to do. */
    purpose: text(),
    from_number: text(),
    to_number: text(),
    carrier: text({ enum: ["telnyx", "twilio"] }).notNull(),
    carrier_leg_id: text(),
    carrier_session_id: text(),
    agent_call_id: text(),
    ringing_at: timestamptz(),
    answered_at: timestamptz(),
    joined_at: timestamptz(),
    ended_at: timestamptz(),
    handed_over_at: timestamptz(),
    end_cause: text(),
    summary: text(),
    /** Null: not known (yet), which is not nothing. */
    billed_seconds: integer(),
    cost_micro_usd: bigint({ mode: "number" }),
    max_seconds: integer().notNull(),
    recorded: boolean().default(false).notNull(),
    transcript_at: timestamptz(),
    /** It counts among those under way until then at the latest. */
    slot_until: timestamptz(),
    expires_at: timestamptz(),
    /** Whoever works on it has until then. */
    acting_until: timestamptz(),
    /** Opens the agent's tools for this call only. */
    tool_token_hash: text(),
    idempotency_key: text(),
    created_by: uuid(),
    created_at: timestamptz().defaultNow().notNull(),
    updated_at: timestamptz().defaultNow().notNull(),
  },
  () => [
    check("calls_purpose_check", sql`length(purpose) <= 2000`),
    check("calls_billed_seconds_check", sql`billed_seconds >= 0`),
    check("calls_cost_micro_usd_check", sql`cost_micro_usd >= 0`),
    check("calls_tool_token_hash_check", sql`tool_token_hash ~ '^[0-9a-f]{64}$'`),
    check("calls_idempotency_key_check", sql`length(idempotency_key) <= 200`),
  ],
);
export type Call = typeof calls.$inferSelect;

/** What was told about a call, each event once. */
export const callEvents = pgTable("call_events", {
  id: uuid().defaultRandom().primaryKey(),
  org_id: uuid().notNull(),
  business_id: uuid().notNull(),
  call_id: uuid().notNull(),
  /** telnyx, twilio, ultravox, or switchboard for what we did ourselves. */
  provider: text().notNull(),
  provider_event_id: text().notNull(),
  kind: text().notNull(),
  leg: text({ enum: ["customer", "person", "agent"] })
    .default("customer")
    .notNull(),
  at: timestamptz().notNull(),
  detail: jsonb().default({}).notNull(),
  raw: jsonb(),
  received_at: timestamptz().defaultNow().notNull(),
});
export type CallEventRow = typeof callEvents.$inferSelect;
