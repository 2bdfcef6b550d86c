import type { Exec } from "../../shared/db/exec.ts";
import type { Tenant } from "./tenant.ts";
import { insert, randomDigits } from "./tenant.ts";

/** Has the form of a sealed value, and cannot be opened. */
export const SEALED = `sealed.v1.test.${"A".repeat(40)}`;

const AS_WORKER = { role: "switchboard_worker" } as const;

/** One row in every table that belongs to an organization as a whole, beside those that `createTenant` makes. */
export async function fillOrganizationTables(exec: Exec, { org_id }: Pick<Tenant, "org_id">): Promise<void> {
  await exec(AS_WORKER, [
    insert("public.usage_periods", { org_id, period: "2026-11-01", used: 1 }),
    insert("public.ai_usage_metrics", { org_id, date: "2026-11-20", hour: 12 }),
    insert("public.alerts", { ...ALERT, org_id, cause: org_id }),
    insert("public.user_invitations", { org_id, email: "ann@example.test", invitation_token: randomDigits(64) }),
    insert("public.data_access_audit", { org_id, operation: "UPDATE", command: "mark-read" }),
  ]);
}

/** One row in every table that belongs to a business. It needs an assignment of its own: `createMember`. */
export async function fillBusinessTables(
  exec: Exec,
  { org_id, business_id }: Pick<Tenant, "org_id" | "business_id">,
): Promise<void> {
  const [channel_id, contact_id, conversation_id, message_id, campaign_id, call_id] = newIds();
  const own = { org_id, business_id };
  const thread = { ...own, channel_id, contact_id };
  const wa_id = `49151${randomDigits(8)}`;
  await exec(AS_WORKER, [
    insert("public.channels", { ...own, id: channel_id, provider: "twilio", platform: "sms" }),
    insert("public.twilio_accounts", { ...own, account_sid: "AC1", auth_token: SEALED }),
    insert("public.contacts", { ...own, id: contact_id, platform_id: wa_id, phone: `+${wa_id}` }),
    insert("public.contact_identities", { ...own, contact_id, kind: "wa_id", value: wa_id }),
    insert("public.contact_merges", { ...own, contact_id, merged_contact_id: crypto.randomUUID(), merged_contact: {} }),
    insert("public.consent_records", { ...own, contact_id, ...STOPPED }),
    insert("public.conversations", { ...thread, id: conversation_id }),
    insert("public.messages", { ...thread, id: message_id, conversation_id, ...OUTBOUND }),
    insert("public.ai_turns", { ...own, id: crypto.randomUUID(), conversation_id, ...ENDED_TURN }),
    insert("public.ai_responses", { ...own, conversation_id, turn_id: crypto.randomUUID(), content: "Hello" }),
    insert("public.ai_errors", { ...own, conversation_id, code: "timeout", message: "no answer", retryable: true }),
    insert("public.send_attempts", { ...own, conversation_id, message_id, state: "accepted" }),
    insert("public.scheduled_messages", { ...own, conversation_id, ...SCHEDULED }),
    insert("public.media_files", { ...own, message_id }),
    insert("public.alerts", { ...ALERT, ...own, cause: business_id }),
    insert("public.templates", { ...own, waba_id: "1", name: "welcome", language: "en", category: "UTILITY" }),
    insert("public.campaigns", { ...own, id: campaign_id, name: "Spring" }),
    insert("public.campaign_recipients", { ...own, campaign_id, contact_id }),
    insert("public.calls", { ...thread, id: call_id, conversation_id, ...RINGING }),
    insert("public.call_events", { ...own, call_id, provider_event_id: crypto.randomUUID(), ...RANG }),
  ]);
}

const ALERT = { kind: "quarantine", subject: "Something is the matter" };
const STOPPED = { platform: "sms", topic: "all", state: "withdrawn", source: "keyword", at: "2026-11-20T12:00:00Z" };
const RINGING = { direction: "inbound", state: "ringing", carrier: "twilio", max_seconds: 600 };
const RANG = { provider: "twilio", kind: "ringing", at: "2026-11-20T12:00:00Z" };
const SCHEDULED = { due_at: "2030-01-01T00:00:00Z", type: "text", content: "Hi", payload: {}, inbound_version: 0 };
const OUTBOUND = { direction: "outbound", sender_type: "ai", content: "Hello" };
const ENDED_TURN = { state: "committed", cursor: 1, epoch: 0, lease_until: "2026-11-20T12:00:00Z" };

function* newIds(): Generator<string, never> {
  for (;;) yield crypto.randomUUID();
}
