import type { AttemptFacts } from "./facts.ts";
import { explainGate } from "./gate.ts";

/** What became of one attempt, in one sentence or two. */
export function explainAttempt(attempt: AttemptFacts): string {
  return `Attempt ${attempt.number}: ${outcome(attempt)}`;
}

function outcome(attempt: AttemptFacts): string {
  const { state, due_at, started_at, ended_at, gate } = attempt;
  switch (state) {
    case "queued":
      return `waits in line, not before ${due_at}.`;
    case "sending":
      return `the provider has been called at ${started_at}; its answer is awaited.`;
    case "accepted":
      return `the provider took it at ${ended_at ?? started_at}.${note(attempt)}`;
    case "failed":
      return `failed at ${ended_at}.${note(attempt)}`;
    case "refused":
      return gate ? `not sent. ${explainGate(gate)}` : `not sent.${note(attempt)}`;
    case "unknown":
      return `called at ${started_at}, and it is not known whether it left.${note(attempt)}`;
    case "cancelled":
      return `taken back before it left.${note(attempt)}`;
  }
}

function note({ error_code, error_title, error_detail }: AttemptFacts): string {
  const words = [error_title, error_detail].filter((part) => part !== null).join(": ");
  if (words === "") return "";
  const code = error_code !== null && /^\d+$/.test(error_code) ? ` (code ${error_code})` : "";
  return ` ${words}${code}.`;
}
