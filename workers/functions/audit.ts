import type { AuditEntry } from "../../shared/db/call.ts";
import type { Command } from "./command.ts";

/** The field by which a command names what it is about, the closest first. */
const ABOUT = [
  "message_id",
  "attempt_id",
  "alert_id",
  "campaign_id",
  "template_id",
  "channel_id",
  "invitation_id",
  "api_key_id",
  "conversation_id",
  "scheduled_message_id",
  "team_member_id",
  "business_id",
  "org_id",
];

/** What is written down of a command: who is known to the database, which finds out whose it was. */
export function auditOf(
  { name, scope }: Pick<Command, "name" | "scope">,
  argument: Record<string, unknown>,
): AuditEntry {
  const field = ABOUT.find((one) => typeof argument[one] === "string");
  return {
    command: name,
    operation: operationOf(name, scope),
    record_id: field && String(argument[field]),
    org_id: typeof argument["org_id"] === "string" ? argument["org_id"] : undefined,
  };
}

function operationOf(name: string, scope: Command["scope"]): AuditEntry["operation"] {
  if (scope === "read") return "SELECT";
  if (/^(create|invite|send|accept|save|store)-/.test(name)) return "INSERT";
  return /^(remove|reject|delete)-/.test(name) ? "DELETE" : "UPDATE";
}
