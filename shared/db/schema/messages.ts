import { sql } from "drizzle-orm";
import { bigint, boolean, check, integer, jsonb, pgTable, real, text, uuid, vector } from "drizzle-orm/pg-core";
import { timestamptz } from "./columns.ts";

export const messages = pgTable(
  "messages",
  {
    id: uuid().defaultRandom().primaryKey(),
    conversation_id: uuid().notNull(),
    business_id: uuid().notNull(),
    org_id: uuid().notNull(),
    channel_id: uuid().notNull(),
    contact_id: uuid().notNull(),
    direction: text({ enum: ["inbound", "outbound"] }).notNull(),
    sender_type: text({ enum: ["contact", "ai", "agent"] }).notNull(),
    sender_id: uuid(),
    content: text().notNull(),
    media_url: text(),
    media_type: text(),
    wa_message_id: text(),
    delivery_status: text({
      enum: ["queued", "sending", "unknown", "held", "sent", "failed", "delivered", "read", "expired"],
    }),
    is_draft: boolean().default(false).notNull(),
    confidence: integer(),
    read: boolean().default(false).notNull(),
    created_at: timestamptz().defaultNow().notNull(),
    type: text().default("text").notNull(),
    /** Where it came from: the customer, the API or a dashboard, our AI, the business's own phone, an imported history. */
    origin: text({ enum: ["live", "api", "ai", "phone", "history"] })
      .default("live")
      .notNull(),
    /** The message as the provider sent it, or as we ask the provider to send it. */
    payload: jsonb(),
    /** Place in the thread, without gaps; null while a draft. */
    seq: bigint({ mode: "number" }),
    /** The conversation's inbound_version when this line arrived; for a draft, the version it answers. */
    inbound_version: bigint({ mode: "number" }),
    provider_ts: timestamptz(),
    received_at: timestamptz(),
    sent_at: timestamptz(),
    delivered_at: timestamptz(),
    read_at: timestamptz(),
    played_at: timestamptz(),
    failed_at: timestamptz(),
    error: jsonb(),
    pricing: jsonb(),
    edited_at: timestamptz(),
    revoked_at: timestamptz(),
    reply_to: text(),
    draft_version: integer().default(1).notNull(),
    approved_at: timestamptz(),
    approved_by: uuid(),
    ai_turn_id: uuid(),
    idempotency_key: text(),
    request_hash: text(),
    twilio_sid: text(),
    sentiment: real(),
    ai_processed: boolean().default(false).notNull(),
    ai_extracted_intent: text(),
    ai_suggested_responses: jsonb(),
    created_by: uuid(),
    updated_at: timestamptz().defaultNow().notNull(),
    workspace_id: uuid().generatedAlwaysAs(sql`business_id`),
    message_type: text().generatedAlwaysAs(sql`type`),
    is_from_customer: boolean().generatedAlwaysAs(sql`direction = 'inbound'`),
    /** What a plain messaging table would say; `delivery_status` knows more. */
    status: text({ enum: ["pending", "sent", "delivered", "failed"] }).generatedAlwaysAs(
      sql`case
        when direction = 'inbound' then 'delivered'
        when delivery_status in ('failed', 'expired') then 'failed'
        when delivery_status in ('delivered', 'read') then 'delivered'
        when delivery_status = 'sent' then 'sent'
        else 'pending'
      end`,
    ),
    embedding: vector({ dimensions: 1536 }),
    /** Null: search has still to learn of this message, or of its newest text. */
    indexed_at: timestamptz(),
    /** Whose vector space `embedding` lies in. */
    embedding_model: text(),
    /** Who rated `sentiment` where no turn had. */
    sentiment_model: text(),
    /** The campaign that the line belongs to. */
    campaign_id: uuid(),
  },
  () => [
    check("messages_wa_message_id_check", sql`wa_message_id <> ''`),
    check("messages_confidence_check", sql`confidence between 0 and 100`),
    check("messages_sentiment_check", sql`sentiment between -1 and 1`),
  ],
);
export type Message = typeof messages.$inferSelect;

export const mediaFiles = pgTable(
  "media_files",
  {
    id: uuid().defaultRandom().primaryKey(),
    org_id: uuid().notNull(),
    business_id: uuid().notNull(),
    message_id: uuid(),
    provider_media_id: text(),
    state: text({ enum: ["pending", "stored", "failed"] })
      .default("pending")
      .notNull(),
    storage_url: text(),
    mime_type: text(),
    size_bytes: bigint({ mode: "number" }),
    sha256: text(),
    filename: text(),
    attempts: integer().default(0).notNull(),
    next_attempt_at: timestamptz(),
    reason: text(),
    created_at: timestamptz().defaultNow().notNull(),
    updated_at: timestamptz().defaultNow().notNull(),
  },
  () => [check("media_files_attempts_check", sql`attempts >= 0`)],
);
export type MediaFile = typeof mediaFiles.$inferSelect;
