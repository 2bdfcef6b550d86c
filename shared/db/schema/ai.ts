import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  date,
  integer,
  numeric,
  pgTable,
  primaryKey,
  real,
  smallint,
  text,
  uuid,
} from "drizzle-orm/pg-core";
import { timestamptz } from "./columns.ts";

export const aiTurns = pgTable("ai_turns", {
  id: uuid().primaryKey(),
  org_id: uuid().notNull(),
  business_id: uuid().notNull(),
  conversation_id: uuid().notNull(),
  state: text({ enum: ["generating", "committed", "superseded", "failed", "abandoned", "cancelled"] })
    .default("generating")
    .notNull(),
  /** What the turn has read: conversations.inbound_version and epoch when it began. */
  cursor: bigint({ mode: "number" }).notNull(),
  epoch: bigint({ mode: "number" }).notNull(),
  /** Usage period in which a reply is reserved; null when nothing is reserved any more. */
  reserved_period: date(),
  reserved_cost_micro_usd: bigint({ mode: "number" }).default(0).notNull(),
  lease_until: timestamptz().notNull(),
  decision: text({ enum: ["send", "draft", "none", "handoff"] }),
  reason: text(),
  message_id: uuid(),
  confidence: integer(),
  threshold: integer(),
  requested_model: text(),
  served_model: text(),
  prompt_version: text(),
  prompt_tokens: integer(),
  output_tokens: integer(),
  thinking_tokens: integer(),
  cost_micro_usd: bigint({ mode: "number" }).default(0).notNull(),
  latency_ms: integer(),
  started_at: timestamptz().defaultNow().notNull(),
  ended_at: timestamptz(),
});
export type AiTurn = typeof aiTurns.$inferSelect;

export const aiResponses = pgTable(
  "ai_responses",
  {
    id: uuid().defaultRandom().primaryKey(),
    org_id: uuid().notNull(),
    business_id: uuid().notNull(),
    conversation_id: uuid().notNull(),
    /** The message written from it, kept after a rejected draft is gone. */
    message_id: uuid(),
    turn_id: uuid().notNull(),
    agent_type: text({ enum: ["ORDER_PROCESSING", "CUSTOMER_SUPPORT", "MESSAGE_ANALYSIS"] })
      .default("CUSTOMER_SUPPORT")
      .notNull(),
    content: text().notNull(),
    confidence: integer(),
    human_feedback: text(),
    human_feedback_reason: text(),
    tokens_used: integer(),
    model: text(),
    created_at: timestamptz().defaultNow().notNull(),
  },
  () => [check("ai_responses_confidence_check", sql`confidence between 0 and 100`)],
);
export type AiResponse = typeof aiResponses.$inferSelect;

export const aiUsageMetrics = pgTable(
  "ai_usage_metrics",
  {
    org_id: uuid().notNull(),
    date: date().notNull(),
    hour: smallint().notNull(),
    requests_count: integer().default(0).notNull(),
    tokens_used: bigint({ mode: "number" }).default(0).notNull(),
    cost_cents: numeric({ precision: 14, scale: 4 })
      .default(sql`0`)
      .notNull(),
    confidence_sum: bigint({ mode: "number" }).default(0).notNull(),
    confidence_count: integer().default(0).notNull(),
    avg_confidence: real().generatedAlwaysAs(
      sql`case when confidence_count > 0 then confidence_sum::real / confidence_count end`,
    ),
  },
  (table) => [
    check("ai_usage_metrics_hour_check", sql`hour between 0 and 23`),
    primaryKey({ columns: [table.org_id, table.date, table.hour] }),
  ],
);
export type AiUsageMetric = typeof aiUsageMetrics.$inferSelect;

export const aiErrors = pgTable("ai_errors", {
  id: uuid().defaultRandom().primaryKey(),
  org_id: uuid().notNull(),
  business_id: uuid().notNull(),
  conversation_id: uuid(),
  turn_id: uuid(),
  code: text().notNull(),
  message: text().notNull(),
  retryable: boolean().notNull(),
  created_at: timestamptz().defaultNow().notNull(),
});
export type AiError = typeof aiErrors.$inferSelect;
