import { sql } from "drizzle-orm";
import { boolean, check, integer, jsonb, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { sealed, timestamptz } from "./columns.ts";

export const channels = pgTable(
  "channels",
  {
    id: uuid().defaultRandom().primaryKey(),
    business_id: uuid().notNull(),
    org_id: uuid().notNull(),
    provider: text({ enum: ["meta", "twilio", "telnyx", "matrix"] })
      .default("meta")
      .notNull(),
    platform: text({ enum: ["whatsapp", "sms", "voice"] })
      .default("whatsapp")
      .notNull(),
    channel_type: text({ enum: ["business", "personal"] })
      .default("business")
      .notNull(),
    phone_number: text(),
    /** The provider's own id of the number. */
    phone_number_id: text(),
    waba_id: text(),
    /** What a business-scoped user id is unique within; the WABA stands in until the portfolio is known. */
    portfolio_id: text(),
    access_token: text(),
    label: text().default("Main").notNull(),
    active: boolean().default(true).notNull(),
    auth_state: text({ enum: ["ok", "auth_error", "stopped"] })
      .default("ok")
      .notNull(),
    auth_state_reason: text(),
    auth_state_changed_at: timestamptz(),
    ai_prompt_override: text(),
    ai_delay_seconds: integer().default(10).notNull(),
    /** The provider has asked for fewer messages: no campaign sends before then. */
    throttled_until: timestamptz(),
    throttle_streak: integer().default(0).notNull(),
    strict_order_seconds: integer().default(0).notNull(),
    /** People who may be written to first in any 24 hours, over all numbers of the portfolio; null: not known. */
    daily_user_limit: integer(),
    /** What the provider takes from this number. */
    messages_per_second: integer().default(80).notNull(),
    ai_max_wait_seconds: integer().default(60).notNull(),
    ai_confidence_threshold: integer().default(80).notNull(),
    ai_auto_send: boolean().default(false).notNull(),
    matrix_user_id: uuid(),
    twilio_sid: text(),
    capabilities: jsonb(),
    created_at: timestamptz().defaultNow().notNull(),
    updated_at: timestamptz().defaultNow().notNull(),
    /** When calls are taken and made: `{ timezone, days: { mon: [["09:00", "18:00"]] } }`; null: always. */
    calls_hours: jsonb(),
    call_max_seconds: integer().default(600).notNull(),
    /** Whom a call is handed to that the agent gives up, E.164. */
    calls_forward_to: text(),
    call_greeting: text(),
    call_voice: text(),
    call_recording: boolean().default(false).notNull(),
  },
  () => [
    sealed("channels", "access_token"),
    check("channels_calls_hours_check", sql`calls_hours is null or switchboard.are_hours(calls_hours)`),
    check("channels_call_max_seconds_check", sql`call_max_seconds between 30 and 3600`),
    check("channels_calls_forward_to_check", sql`calls_forward_to ~ '^\\+[1-9][0-9]{6,14}$'`),
    check("channels_call_greeting_check", sql`length(call_greeting) <= 500`),
    check("channels_call_voice_check", sql`length(call_voice) <= 100`),
    check("channels_ai_delay_seconds_check", sql`ai_delay_seconds between 0 and 3600`),
    check("channels_daily_user_limit_check", sql`daily_user_limit > 0`),
    check("channels_messages_per_second_check", sql`messages_per_second between 1 and 1000`),
    check("channels_strict_order_seconds_check", sql`strict_order_seconds between 0 and 120`),
    check("channels_ai_max_wait_seconds_check", sql`ai_max_wait_seconds between 0 and 7200`),
    check("channels_ai_confidence_threshold_check", sql`ai_confidence_threshold between 0 and 100`),
  ],
);
export type Channel = typeof channels.$inferSelect;

export const twilioAccounts = pgTable(
  "twilio_accounts",
  {
    id: uuid().defaultRandom().primaryKey(),
    org_id: uuid().notNull(),
    business_id: uuid().notNull(),
    account_sid: text().notNull(),
    auth_token: text().notNull(),
    webhook_url: text(),
    webhook_type: text({ enum: ["global", "per-number"] })
      .default("global")
      .notNull(),
    is_configured: boolean().default(false).notNull(),
    created_at: timestamptz().defaultNow().notNull(),
    updated_at: timestamptz().defaultNow().notNull(),
  },
  () => [sealed("twilio_accounts", "auth_token")],
);
export type TwilioAccount = typeof twilioAccounts.$inferSelect;
