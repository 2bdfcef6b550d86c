import { sql } from "drizzle-orm";
import { bigint, boolean, check, integer, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { timestamptz } from "./columns.ts";

export const conversations = pgTable(
  "conversations",
  {
    id: uuid().defaultRandom().primaryKey(),
    business_id: uuid().notNull(),
    org_id: uuid().notNull(),
    channel_id: uuid().notNull(),
    contact_id: uuid().notNull(),
    external_id: text(),
    status: text({ enum: ["ai_handling", "assigned", "resolved"] })
      .default("ai_handling")
      .notNull(),
    assigned_to: uuid(),
    last_message_at: timestamptz().defaultNow().notNull(),
    /** Free-form messages may be sent before this moment: 24 h after the customer's last message, by the provider's clock. */
    window_expires_at: timestamptz(),
    unread_count: integer().default(0).notNull(),
    ai_enabled: boolean().default(true).notNull(),
    /** Why the AI is silent, for a person to read; null when it is not held back. */
    ai_blocked_reason: text(),
    /** When a turn is due; the object's alarm is a copy of it. Set by ingest, cleared by whoever settles the turn. */
    ai_due_at: timestamptz(),
    /** First unanswered line of the present burst: the cap on postponing. */
    ai_waiting_since: timestamptz(),
    ai_context_summary: text(),
    ai_context_summary_seq: bigint({ mode: "number" }),
    needs_human_reason: text(),
    needs_human_since: timestamptz(),
    escalated_at: timestamptz(),
    /** Last number given to a message of this thread. */
    message_seq: bigint({ mode: "number" }).default(0).notNull(),
    /** Rises with every inbound line (and edit) that an answer must take into account. */
    inbound_version: bigint({ mode: "number" }).default(0).notNull(),
    /** The inbound_version that the last committed answer, human or AI, has read. */
    answered_version: bigint({ mode: "number" }).default(0).notNull(),
    /** Rises with every human act; a turn that began under another epoch cannot commit. */
    epoch: bigint({ mode: "number" }).default(0).notNull(),
    created_at: timestamptz().defaultNow().notNull(),
    updated_at: timestamptz().defaultNow().notNull(),
  },
  () => [check("conversations_unread_count_check", sql`unread_count >= 0`)],
);
export type Conversation = typeof conversations.$inferSelect;
