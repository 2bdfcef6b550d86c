import { bigint, integer, jsonb, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { timestamptz } from "./columns.ts";

export const sendAttempts = pgTable("send_attempts", {
  id: uuid().defaultRandom().primaryKey(),
  position: bigint({ mode: "number" }).generatedAlwaysAsIdentity(),
  org_id: uuid().notNull(),
  business_id: uuid().notNull(),
  conversation_id: uuid().notNull(),
  message_id: uuid().notNull(),
  number: integer().default(1).notNull(),
  state: text({ enum: ["queued", "sending", "accepted", "failed", "refused", "unknown", "cancelled"] })
    .default("queued")
    .notNull(),
  /** Queued: not before this moment. */
  due_at: timestamptz().defaultNow().notNull(),
  /** Sending: whoever holds this token may record the outcome until the lease ends. */
  lease_token: uuid(),
  lease_until: timestamptz(),
  /** When the debt of its pair of numbers is paid, as of this call. */
  pair_free_at: timestamptz(),
  started_at: timestamptz(),
  ended_at: timestamptz(),
  provider_message_id: text(),
  error_class: text({ enum: ["retry", "retry_pair", "never", "stop_channel", "auth"] }),
  error_code: text(),
  error_title: text(),
  error_detail: text(),
  /** The policy gate's verdict and every rule it looked at. */
  gate: jsonb(),
  created_at: timestamptz().defaultNow().notNull(),
});
export type SendAttempt = typeof sendAttempts.$inferSelect;
