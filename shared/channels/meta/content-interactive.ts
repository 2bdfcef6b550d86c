import { cleanJson } from "../../text/clean.ts";
import type { Found } from "./content.ts";
import { isRecord } from "./place.ts";
import type { MessageContent } from "./payload.ts";

type Interactive = NonNullable<MessageContent["interactive"]>;

/** Answers of a form that are put into words; all of them stay in `raw`. */
const MAX_ANSWERS = 50;

/**
 * What the customer chose or filled in; null when the message holds nothing of the kind (Meta delivers interactive
 * messages without their `interactive` part, with errors instead).
 */
export function interactiveContent(interactive: Interactive | undefined): Found | null {
  if (interactive === undefined) return null;
  const type = "interactive";
  const { button_reply, list_reply, nfm_reply, call_permission_reply } = interactive;
  const choice = button_reply ?? list_reply;
  if (choice !== undefined) return { type, content: choice.title ?? choice.id ?? "[choice]" };
  if (nfm_reply !== undefined) return { type, content: formText(nfm_reply) };
  // the answer to a pop-up about calls, nothing that one replies to
  if (call_permission_reply !== undefined) {
    return { type, content: `[call permission] ${call_permission_reply.response ?? "unknown"}`, silent: true };
  }
  return null;
}

/** A filled-in form. `response_json` is JSON in a text, and may be missing, broken or not an object. */
function formText(form: NonNullable<Interactive["nfm_reply"]>): string {
  const answers = Object.entries(parseObject(form.response_json))
    // a token of ours, not an answer of theirs
    .filter(([name]) => name !== "flow_token")
    .slice(0, MAX_ANSWERS)
    .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`);
  return ["[form]", answers.length > 0 ? answers.join(", ") : form.body].filter((text) => text !== undefined).join(" ");
}

function parseObject(json: string | undefined): Record<string, unknown> {
  try {
    // JSON within JSON hides from the cleaning of the body
    const value = cleanJson(JSON.parse(json ?? "{}"));
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}
