import { explainAttempt } from "./attempt.ts";
import type { MessageFacts } from "./facts.ts";
import { explainGate } from "./gate.ts";
import { explainTurn } from "./turn.ts";

type Message = MessageFacts["message"];

/** Where a message is and why, a line a fact, in the order in which things happened. */
export function explainMessage({ message, attempts, turn, now }: MessageFacts): string[] {
  const again = now && (message.is_draft || attempts.length > 0);
  return [
    origin(message),
    ...(turn ? [explainTurn(turn)] : []),
    ...(turn ? [] : silence(message)),
    ...attempts.map(explainAttempt),
    ...delivery(message),
    ...(again ? [`If it were sent now: ${explainGate(now)}`] : []),
  ];
}

function origin({
  origin: from,
  direction,
  sender_type,
  sender_name,
  created_at,
  is_draft,
  ...message
}: Message): string {
  if (from === "history") return `Imported from the number's history; written at ${created_at}.`;
  if (from === "phone") return `Typed on the business's own phone at ${created_at}.`;
  if (direction === "inbound") return `The customer wrote this at ${created_at}.`;
  if (is_draft) return `A draft of the AI, written at ${created_at}; it has not been sent.`;
  if (message.approved_at !== null) {
    return `A draft of the AI, approved by ${message.approved_by_name ?? "a program with an API key"} at ${message.approved_at}.`;
  }
  if (sender_type === "ai") return `Written by the AI at ${created_at}.`;
  return `Written by ${sender_name ?? "a program with an API key"} at ${created_at}.`;
}

/** Why the AI has said nothing to a customer's line, where that is known. */
function silence({ direction, origin: from, ai_blocked_reason, conversation_status }: Message): string[] {
  if (direction !== "inbound" || from !== "live") return [];
  if (ai_blocked_reason !== null) return [`The AI is held back here: ${ai_blocked_reason}.`];
  if (conversation_status === "assigned") return ["A person has this conversation; the AI is silent."];
  return ["No turn of the AI has settled it yet."];
}

function delivery({ direction, delivery_status, sent_at, delivered_at, read_at, failed_at, error }: Message): string[] {
  if (direction !== "outbound") return [];
  const steps = [
    sent_at && `sent at ${sent_at}`,
    delivered_at && `delivered at ${delivered_at}`,
    read_at && `read at ${read_at}`,
    failed_at && `failed at ${failed_at}${error?.title ? ` (${error.title})` : ""}`,
  ].filter((step) => step !== null && step !== "");
  if (steps.length > 0) return [`The provider's and our own record: ${steps.join(", ")}.`];
  if (delivery_status === "held") return ["The provider holds it back to check its quality."];
  if (delivery_status === "expired") return ["Nothing was ever heard of it again; the provider has dropped it."];
  return [];
}
