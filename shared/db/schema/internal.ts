import { sql } from "drizzle-orm";
import { bigint, boolean, check, integer, jsonb, pgSchema, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { bytea, sealed, timestamptz, xid8 } from "./columns.ts";

const switchboard = pgSchema("switchboard");

export const quarantinedEvents = switchboard.table("quarantined_events", {
  id: bigint({ mode: "number" }).generatedAlwaysAsIdentity().primaryKey(),
  provider: text().notNull(),
  account: text(),
  kind: text().notNull(),
  reason: text().notNull(),
  detail: text(),
  raw: bytea().notNull(),
  received_at: timestamptz().notNull(),
  created_at: timestamptz().defaultNow().notNull(),
  resolved_at: timestamptz(),
});
export type QuarantinedEvent = typeof quarantinedEvents.$inferSelect;

export const parkedEvents = switchboard.table("parked_events", {
  id: bigint({ mode: "number" }).generatedAlwaysAsIdentity().primaryKey(),
  channel_id: uuid().notNull(),
  target: text().notNull(),
  kind: text({ enum: ["status", "edit", "revoke"] }).notNull(),
  digest: text().notNull(),
  event: jsonb().notNull(),
  received_at: timestamptz().defaultNow().notNull(),
});
export type ParkedEvent = typeof parkedEvents.$inferSelect;

export const providerEvents = switchboard.table("provider_events", {
  id: bigint({ mode: "number" }).generatedAlwaysAsIdentity().primaryKey(),
  provider: text().notNull(),
  org_id: uuid().notNull(),
  entry: text().notNull(),
  field: text().notNull(),
  dedupe: text().notNull(),
  at: timestamptz(),
  payload: jsonb().notNull(),
  received_at: timestamptz().defaultNow().notNull(),
});
export type ProviderEvent = typeof providerEvents.$inferSelect;

export const outbox = switchboard.table("outbox", {
  id: bigint({ mode: "number" }).generatedAlwaysAsIdentity().primaryKey(),
  xid: xid8()
    .default(sql`pg_current_xact_id()`)
    .notNull(),
  org_id: uuid(),
  table_name: text().notNull(),
  operation: text({ enum: ["INSERT", "UPDATE", "DELETE"] }).notNull(),
  record: jsonb().notNull(),
  at: timestamptz()
    .default(sql`clock_timestamp()`)
    .notNull(),
  /** Its number in the organization's feed; null until it is drained. */
  seq: bigint({ mode: "number" }),
});
export type OutboxRow = typeof outbox.$inferSelect;

export const feedCursors = switchboard.table("feed_cursors", {
  org_id: uuid().primaryKey(),
  last_seq: bigint({ mode: "number" }).default(0).notNull(),
});
export type FeedCursor = typeof feedCursors.$inferSelect;

export const loginFailures = switchboard.table("login_failures", {
  id: bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  subject: text().notNull(),
  at: timestamptz().defaultNow().notNull(),
});
export type LoginFailure = typeof loginFailures.$inferSelect;

export const sealedColumns = switchboard.table(
  "sealed_columns",
  {
    table_name: text().notNull(),
    column_name: text().notNull(),
    ciphertext: boolean()
      .generatedAlwaysAs(sql`column_name like '%\\_encrypted' or column_name in ('access_token', 'auth_token')`)
      .notNull(),
  },
  (table) => [primaryKey({ columns: [table.table_name, table.column_name] })],
);
export type SealedColumn = typeof sealedColumns.$inferSelect;

export const encryptionKeys = switchboard.table(
  "encryption_keys",
  {
    version: integer().primaryKey(),
    wrapped_key: text().notNull(),
    created_at: timestamptz().defaultNow().notNull(),
    resealed_at: timestamptz(),
  },
  () => [check("encryption_keys_version_check", sql`version > 0`), sealed("encryption_keys", "wrapped_key")],
);
export type EncryptionKey = typeof encryptionKeys.$inferSelect;

export const provisioningSteps = switchboard.table(
  "provisioning_steps",
  {
    org_id: uuid().notNull(),
    step: text().notNull(),
    resource_id: text(),
    made: boolean().default(false).notNull(),
    before: jsonb(),
    error: text(),
    updated_at: timestamptz().defaultNow().notNull(),
  },
  (table) => [primaryKey({ columns: [table.org_id, table.step] })],
);
export type ProvisioningStep = typeof provisioningSteps.$inferSelect;

export const formerWebhookSecrets = switchboard.table("former_webhook_secrets", {
  secret: text().primaryKey(),
  org_id: uuid().notNull(),
  valid_until: timestamptz().notNull(),
});
export type FormerWebhookSecret = typeof formerWebhookSecrets.$inferSelect;

export const migrations = switchboard.table("migrations", {
  version: integer().primaryKey(),
  name: text().notNull(),
  sha256: text().notNull(),
  applied_at: timestamptz().defaultNow().notNull(),
});
export type AppliedMigration = typeof migrations.$inferSelect;

export const templateSyncs = switchboard.table("template_syncs", {
  channel_id: uuid().primaryKey(),
  due_at: timestamptz(),
  synced_at: timestamptz(),
  error: text(),
});
export type TemplateSync = typeof templateSyncs.$inferSelect;

/** Where a number of a calling code may be: one zone for each way in which clocks run there. */
export const callingCodeZones = switchboard.table("calling_code_zones", {
  code: text().primaryKey(),
  zones: text().array().notNull(),
});
export type CallingCodeZones = typeof callingCodeZones.$inferSelect;

/** Files that are still to be fetched; gone once one is stored or given up. */
export const mediaDownloads = switchboard.table("media_downloads", {
  media_id: uuid().primaryKey(),
  /** Opens the file to whoever has it. */
  source_url: text(),
  /** Leases, not answers: a file that kills its reader is given up too. */
  attempts: integer().default(0).notNull(),
  due_at: timestamptz().defaultNow().notNull(),
  queued_until: timestamptz()
    .default(sql`'-infinity'`)
    .notNull(),
  lease_token: uuid(),
  lease_until: timestamptz()
    .default(sql`'-infinity'`)
    .notNull(),
});
export type MediaDownload = typeof mediaDownloads.$inferSelect;

/** A provider's copy of a file, by its content and the number that uploaded it. */
export const mediaUploads = switchboard.table(
  "media_uploads",
  {
    channel_id: uuid().notNull(),
    sha256: text().notNull(),
    mime_type: text().notNull(),
    provider_media_id: text().notNull(),
    expires_at: timestamptz().notNull(),
  },
  (t) => [primaryKey({ columns: [t.channel_id, t.sha256, t.mime_type] })],
);
export type MediaUpload = typeof mediaUploads.$inferSelect;
