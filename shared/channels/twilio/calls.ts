import { contactAt, E164, e164 } from "../../phone/e164.ts";
import { cleanJson } from "../../text/clean.ts";
import type { CallEvent, CallNews } from "../calls.ts";
import type { Carrier } from "../carrier.ts";
import { accountOf } from "./account.ts";

const KINDS: Record<string, CallNews["kind"]> = {
  ringing: "ringing",
  "in-progress": "answered",
  completed: "hangup",
  busy: "hangup",
  failed: "hangup",
  "no-answer": "hangup",
  canceled: "hangup",
};

/**
 * The one event of a voice request or of a call's status callback. Twilio gives neither an id nor a time: call and status
 * together are one, and it happened when we were told. Never throws.
 *
 * @param received_at unix milliseconds at our edge
 */
export function normaliseCall(body: Uint8Array, received_at: number): CallEvent[] {
  const form = new URLSearchParams(new TextDecoder().decode(body));
  const raw = cleanJson(Object.fromEntries(form));
  const [sid, account_sid, status, direction] = ["CallSid", "AccountSid", "CallStatus", "Direction"].map((name) =>
    form.get(name),
  );
  if (!sid || !account_sid || !status) return [{ kind: "malformed", reason: "not a request about a call", raw }];
  const [from, to] = [form.get("From"), form.get("To")].map((party) => contactOf(party ?? ""));
  const kind = (Object.hasOwn(KINDS, status) && KINDS[status]) || "other";
  const news: CallNews = {
    kind,
    dedupe: `${sid}/${status}`,
    leg: sid,
    role: "customer",
    direction: direction?.startsWith("outbound") ? "outgoing" : "incoming",
    account: accountOf(account_sid, form.get("To") ?? ""),
    parties: { ...(from && { from }), ...(to && { to }) },
    at: received_at / 1000,
    raw,
  };
  if (kind === "hangup") news.cause = status;
  return [news];
}

/** A number; null for a withheld one, which Twilio calls `anonymous` or spells as 266696687. */
function contactOf(party: string) {
  const number = E164.test(party) && party !== "+266696687" ? e164(party) : null;
  return number === null ? null : contactAt(number);
}

const unable = () => Promise.resolve({ state: "failed" as const, reason: "Calls over Twilio can only be taken." });

/**
 * Twilio is told what to do with a call in the answer to its request: commands become TwiML. What needs a request of its own
 * is not done here.
 */
export function createTwimlCarrier(): { carrier: Carrier; twiml: () => string } {
  let verbs = "";
  const say = (given: string) => {
    verbs = given;
    return Promise.resolve({ state: "done" as const });
  };
  return {
    carrier: {
      // the address is opened by whoever has it, and may hold no query of ours: it goes as Ultravox gave it
      answer: (_, { join_url }) => say(`<Connect><Stream url="${escape(join_url)}"/></Connect>`),
      reject: () => say("<Reject/>"),
      hang_up: () => say("<Hangup/>"),
      join: unable,
      dial: unable,
      transfer: unable,
    },
    twiml: () => (verbs === "" ? "<Response/>" : `<Response>${verbs}</Response>`),
  };
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escape = (text: string) => text.replaceAll(/[&<>"]/g, (one) => ENTITIES[one] ?? one);
