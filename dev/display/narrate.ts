import type { Change, Turn } from "./change.ts";

/** One thing worth telling, without its looks. */
export type Line =
  | { kind: "customer"; who: string; text: string }
  /** The AI waits until `due_at`, unix milliseconds. */
  | { kind: "waiting"; due_at: number }
  | { kind: "decision"; turn: Turn }
  /** On the telephone. */
  | { kind: "spoken"; who: string | null; text: string }
  | { kind: "call"; text: string }
  | { kind: "reply"; by: "AI" | "person" | "phone"; text: string }
  | { kind: "draft"; message_id: string; version: number; text: string }
  /** `over`: where it is not WhatsApp. */
  | { kind: "delivery"; status: string; reason?: string; over?: "SMS" }
  | { kind: "status"; who: string; status: string; reason?: string }
  | { kind: "silent"; reason: string };

type Memory = Record<string, unknown>;

/**
 * Tells row changes as a person would want to hear them: each step once, however often a row is written.
 * @param since unix milliseconds; older turns of the AI are not told again
 */
export function createNarrator(since: number): (change: Change) => Line[] {
  const rows = new Map<string, Memory>();
  const told = new Set<string>();

  return function narrate(change) {
    if (change.operation === "DELETE") return [];
    const id = String(change.record["id"]);
    const before = rows.get(id) ?? {};
    rows.set(id, change.record);
    if (change.table === "messages") return tellMessage(change, before);
    return tellConversation(change, before, (turn) => {
      const fresh = !told.has(turn.id) && Date.parse(turn.ended_at ?? "") >= since;
      told.add(turn.id);
      return fresh;
    });
  };
}

function tellMessage({ operation, record, contact, platform }: Change, before: Memory): Line[] {
  const text = String(record["content"]);
  if (record["type"] === "call" || record["type"] === "transcript") {
    if (operation === "UPDATE" && (before["content"] === undefined || before["content"] === text)) return [];
    if (record["type"] === "call") return [{ kind: "call", text }];
    return [{ kind: "spoken", who: record["direction"] === "inbound" ? (contact ?? "customer") : null, text }];
  }
  if (operation === "INSERT") {
    if (record["direction"] === "inbound") return [{ kind: "customer", who: contact ?? "customer", text }];
    if (record["is_draft"] === true) return [draft(record)];
    return [{ kind: "reply", by: author(record), text }];
  }
  const lines: Line[] = [];
  if (before["is_draft"] === true && record["is_draft"] === false) {
    lines.push({ kind: "reply", by: author(record), text });
  }
  if (before["wa_message_id"] == null && record["wa_message_id"] != null) {
    lines.push(delivery(platform, "accepted"));
  }
  const status = record["delivery_status"];
  const isStep = typeof status === "string" && status !== "queued" && status !== "sending";
  if (isStep && status !== before["delivery_status"]) lines.push(delivery(platform, status, record["error"]));
  return lines;
}

function tellConversation({ record, contact, turn }: Change, before: Memory, isFresh: (turn: Turn) => boolean): Line[] {
  const lines: Line[] = [];
  const due = record["ai_due_at"];
  if (typeof due === "string" && due !== before["ai_due_at"]) lines.push({ kind: "waiting", due_at: Date.parse(due) });
  if (turn && isFresh(turn)) lines.push({ kind: "decision", turn });
  const status = String(record["status"]);
  const wasKnown = before["status"] !== undefined;
  if (status !== before["status"] && (wasKnown || status !== "ai_handling")) {
    const reason = record["needs_human_reason"];
    lines.push({ kind: "status", who: contact ?? "customer", status, ...(typeof reason === "string" && { reason }) });
  }
  const blocked = record["ai_blocked_reason"];
  if (typeof blocked === "string" && blocked !== before["ai_blocked_reason"]) {
    lines.push({ kind: "silent", reason: blocked });
  }
  return lines;
}

const draft = (record: Memory): Line => ({
  kind: "draft",
  message_id: String(record["id"]),
  version: Number(record["draft_version"] ?? 1),
  text: String(record["content"]),
});

function delivery(platform: Change["platform"], status: string, error?: unknown): Line {
  const title = typeof error === "object" && error !== null && "title" in error ? String(error.title) : undefined;
  const over = platform === "sms" && { over: "SMS" as const };
  return { kind: "delivery", status, ...(title !== undefined && { reason: title }), ...over };
}

function author(record: Memory): "AI" | "person" | "phone" {
  if (record["origin"] === "phone") return "phone";
  return record["sender_type"] === "ai" ? "AI" : "person";
}
