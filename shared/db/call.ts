import { FEED_COLUMN } from "../feed/watch.ts";
import type { Exec, Session, Statement } from "./exec.ts";

/** The functions of schema `switchboard` that the Worker calls; each takes one JSON object and returns one. */
export type FunctionName =
  | "ingest_v1"
  | "webhook_secrets_v1"
  | "heed_consent_v1"
  | "turn_begin_v1"
  | "turn_commit_v1"
  | "turn_fail_v1"
  | "claim_next_v1"
  | "record_v1"
  | "sweep_v1"
  | "refresh_usage_v1"
  | "prune_v1"
  | "health_v1"
  | "watch_v1"
  | "meaning_pending_v1"
  | "meaning_index_v1"
  | "meaning_rate_v1"
  | "campaign_lease_v1"
  | "campaign_release_v1"
  | "campaign_claim_v1"
  | "campaign_record_v1"
  | "campaign_sweep_v1"
  | "bury_v1"
  | "call_event_v1"
  | "call_event_of_account_v1"
  | "call_note_v1"
  | "call_take_v1"
  | "call_transcript_v1"
  | "call_sweep_v1"
  | "call_tool_v1"
  | "media_due_v1"
  | "media_lease_v1"
  | "media_record_v1"
  | "encryption_keys_v1"
  | "add_encryption_key_v1"
  | "rewrap_encryption_key_v1"
  | "reseal_pending_v1"
  | "reseal_v1"
  | "settle_encryption_key_v1"
  | "store_templates_v1"
  | "end_template_sync_v1"
  | "template_syncs_due_v1"
  | "storage_settle_v1"
  | "media_to_send_v1"
  | "media_uploaded_v1"
  | "scheduled_due_v1"
  | "drain_v1"
  | "visible_v1"
  | "reach_v1"
  | AuthFunction
  | CommandFunction;

/** Signing in, where we do it ourselves. They answer `{ error }` for a refusal. */
export type AuthFunction =
  | "auth_sign_up_v1"
  | "auth_sign_in_v1"
  | "auth_refresh_v1"
  | "auth_get_user_v1"
  | "auth_update_user_v1"
  | "auth_sign_out_v1"
  | "auth_create_user_v1"
  | "auth_find_user_v1"
  | "auth_list_users_v1"
  | "auth_delete_user_v1";

/** Those that act for a caller and need to know who it is. */
export type CommandFunction =
  | "send_message_v1"
  | "schedule_message_v1"
  | "cancel_scheduled_message_v1"
  | "approve_draft_v1"
  | "reject_draft_v1"
  | "assign_conversation_v1"
  | "resolve_conversation_v1"
  | "reopen_conversation_v1"
  | "set_ai_v1"
  | "mark_read_v1"
  | "storage_reserve_v1"
  | "sendable_media_v1"
  | "list_unknown_sends_v1"
  | "settle_send_v1"
  | "explain_message_v1"
  | "may_i_send_v1"
  | "search_messages_v1"
  | "get_timeline_v1"
  | "record_consent_v1"
  | "create_contact_v1"
  | "merge_contacts_v1"
  | "get_consent_v1"
  | "place_call_v1"
  | "get_call_v1"
  | "import_contacts_v1"
  | "preview_audience_v1"
  | "list_alerts_v1"
  | "resolve_alert_v1"
  | "create_campaign_v1"
  | "estimate_campaign_v1"
  | "schedule_campaign_v1"
  | "start_campaign_v1"
  | "pause_campaign_v1"
  | "resume_campaign_v1"
  | "cancel_campaign_v1"
  | "retry_campaign_v1"
  | "find_template_v1"
  | "template_account_v1"
  | "doomed_templates_v1"
  | "template_changed_v1"
  | "sync_templates_v1"
  | "create_organization_v1"
  | "create_business_v1"
  | "set_plan_v1"
  | "invite_member_v1"
  | "revoke_invitation_v1"
  | "accept_invitation_v1"
  | "update_member_v1"
  | "remove_member_v1"
  | "assign_member_v1"
  | "update_profile_v1"
  | "create_api_key_v1"
  | "revoke_api_key_v1"
  | "list_sessions_v1"
  | "revoke_session_v1"
  | "get_integration_status_v1"
  | "list_encryption_keys_v1"
  | "rotate_encryption_key_v1"
  | "save_ultravox_integration_v1"
  | "rotate_webhook_secret_v1"
  | "begin_provisioning_v1"
  | "note_provisioning_v1"
  | "forget_provisioning_v1"
  | "end_provisioning_v1"
  | "provision_telephony_v1"
  | "store_telnyx_credentials_v1"
  | "connect_twilio_v1"
  | "remove_integration_v1";

/**
 * Calls one of our functions as the Worker itself, and further ones after it in the same transaction: one round trip.
 * Answers what the first one returns.
 */
export async function call<Result>(
  exec: Exec,
  name: FunctionName,
  argument: unknown,
  ...further: (readonly [name: FunctionName, argument: unknown])[]
): Promise<Result> {
  const statements = [statement(name, argument), ...further.map((one) => statement(...one))];
  const [rows] = await exec({ role: "switchboard_worker" }, statements);
  return rows?.[0]?.["result"] as Result;
}

/** What is written down of a command. */
export interface AuditEntry {
  command: string;
  operation: "SELECT" | "INSERT" | "UPDATE" | "DELETE";
  record_id?: string | undefined;
  org_id?: string | undefined;
}

/**
 * Runs a command as its caller, in the transaction that authenticates it and writes it down: one round trip, nothing cached
 * (F143).
 */
export async function callAs<Result>(
  exec: Exec,
  session: Session,
  name: CommandFunction,
  argument: unknown,
  audit?: AuditEntry,
): Promise<Result> {
  const record = audit && {
    text: "select switchboard.audit_v1($1::jsonb)",
    params: [JSON.stringify(audit)],
  };
  const [rows] = await exec(session, [statement(name, argument), ...(record ? [record] : [])]);
  return rows?.[0]?.["result"] as Result;
}

function statement(name: FunctionName, argument: unknown): Statement {
  return {
    text: `select switchboard.${name}($1::jsonb) as result, ${FEED_COLUMN}`,
    params: [JSON.stringify(argument)],
  };
}
