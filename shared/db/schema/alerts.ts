import { sql } from "drizzle-orm";
import { check, integer, jsonb, pgSchema, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { timestamptz } from "./columns.ts";

export const alerts = pgTable(
  "alerts",
  {
    id: uuid().defaultRandom().primaryKey(),
    /** Null: nobody's that we know of; only the operator sees it. */
    org_id: uuid(),
    business_id: uuid(),
    kind: text({
      enum: [
        "overdue_turns",
        "stuck_sends",
        "dead_token",
        "number_stopped",
        "silent_number",
        "quarantine",
        "unclaimed_handoff",
        "model_retiring",
        "campaign_stopped",
        "campaign_stalled",
        "campaign_overdue",
      ],
    }).notNull(),
    /** What the matter is, for a person to read. */
    subject: text().notNull(),
    /** What the matter is about: a channel, a conversation, a provider's account. */
    cause: text().notNull(),
    /** How many turns, sends or events it touches, as of the last look. */
    count: integer().default(1).notNull(),
    details: jsonb().default({}).notNull(),
    first_seen: timestamptz().defaultNow().notNull(),
    last_seen: timestamptz().defaultNow().notNull(),
    /** By a person, or by itself with its cause. */
    resolved_at: timestamptz(),
    resolved_by: uuid(),
    /** The cause is gone: only after that may it raise another alert. */
    ended_at: timestamptz(),
  },
  () => [
    check("alerts_count_check", sql`count > 0`),
    check("alerts_scope_check", sql`business_id is null or org_id is not null`),
    check("alerts_end_check", sql`ended_at is null or resolved_at is not null`),
  ],
);
export type Alert = typeof alerts.$inferSelect;

/** When the costlier looks of the watchers were made last. */
export const watches = pgSchema("switchboard").table("watches", {
  name: text().primaryKey(),
  looked_at: timestamptz().notNull(),
});
export type Watch = typeof watches.$inferSelect;
