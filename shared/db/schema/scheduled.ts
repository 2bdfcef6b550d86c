import { bigint, jsonb, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { timestamptz } from "./columns.ts";

export const scheduledMessages = pgTable("scheduled_messages", {
  id: uuid().defaultRandom().primaryKey(),
  org_id: uuid().notNull(),
  business_id: uuid().notNull(),
  conversation_id: uuid().notNull(),
  due_at: timestamptz().notNull(),
  type: text().notNull(),
  content: text().notNull(),
  /** As a provider's adapter takes it. */
  payload: jsonb().notNull(),
  /** A template in its place, where the window has closed by then. */
  fallback: jsonb(),
  on_reply: text({ enum: ["hold", "cancel", "send"] })
    .default("hold")
    .notNull(),
  /** How many of the customer's lines there were when it was written. */
  inbound_version: bigint({ mode: "number" }).notNull(),
  state: text({ enum: ["scheduled", "held", "sent", "failed", "cancelled"] })
    .default("scheduled")
    .notNull(),
  reason: text(),
  message_id: uuid(),
  sender_id: uuid(),
  created_by: uuid(),
  idempotency_key: text(),
  created_at: timestamptz().defaultNow().notNull(),
  updated_at: timestamptz().defaultNow().notNull(),
  /** The message that could not be delivered on another channel. */
  fallback_of: uuid(),
});
export type ScheduledMessage = typeof scheduledMessages.$inferSelect;
