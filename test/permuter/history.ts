import * as fc from "fast-check";
import { ANA, AT, OWN, body, change, contact, status, text, typed } from "../../shared/channels/meta/fixtures.ts";

type Json = Record<string, unknown>;

const at = (seconds: number): Json => ({ timestamp: String(AT + seconds) });
const BRUNO = "5511987654321";

/* Webhook bodies of one number, as Meta would send them about two customers, and about the number itself. */

export const line = (id: string, seconds: number, from = ANA) =>
  body(change({ contacts: [contact({ wa_id: from })], messages: [text({ id, from, ...at(seconds) })] }));

export const picture = (id: string, seconds: number) =>
  body(change({ messages: [typed("image", { id: "900", mime_type: "image/jpeg" }, { id, ...at(seconds) })] }));

/** What the business typed on its own phone. */
export const echo = (id: string, seconds: number, to = ANA) =>
  body(change({ message_echoes: [text({ id, from: OWN, to, ...at(seconds) })] }, "smb_message_echoes"));

export const told = (id: string, step: string, seconds: number, more: Json = {}) =>
  body(change({ statuses: [status({ id, status: step, ...at(seconds), ...more })] }));

export const edited = (target: string, id: string, words: string, seconds: number) => {
  const edit = { original_message_id: target, message: { type: "text", text: { body: words } } };
  return body(change({ messages: [typed("edit", edit, { id, ...at(seconds) })] }));
};

export const revoked = (target: string, id: string, seconds: number) =>
  body(change({ messages: [typed("revoke", { original_message_id: target }, { id, ...at(seconds) })] }));

/** A chunk of what was said before the number was connected. */
export const imported = (chunk_order: number, ...ids: string[]) => {
  const messages = ids.map((id, n) =>
    text({ id, ...at(-9000 + 60 * chunk_order + n), history_context: { status: "READ" } }),
  );
  const chunk = { metadata: { phase: 0, chunk_order, progress: 50 }, threads: [{ id: ANA, messages }] };
  return body(change({ history: [chunk] }, "history"));
};

export const template = (event: string) =>
  body(
    change({ event, message_template_name: "order_ready", message_template_id: 7 }, "message_template_status_update"),
  );

export const account = (event: string) => body(change({ event, phone_number: OWN }, "account_update"));

export const unreadable = () => body(change({ messages: [{ type: "text", text: { body: "no id" } }] }));

/** Such bodies about a few messages, too many for all their orders; fewer when shrunk. */
export const history = fc
  .array(
    fc.oneof(
      fc.tuple(fc.constantFrom("a", "b", "c"), fc.constantFrom(ANA, BRUNO)).map(([id, who]) => line(id + who, 1, who)),
      fc.constantFrom("x", "y").map((id) => echo(id, 2)),
      fc
        .tuple(
          fc.constantFrom("x", "y"),
          fc.constantFrom("sent", "delivered", "read", "failed"),
          fc.integer({ min: 3, max: 9 }),
        )
        .map(([id, step, seconds]) => told(id, step, seconds)),
      fc.integer({ min: 10, max: 14 }).map((n) => edited(`a${ANA}`, `e${n}`, `edit ${n}`, n)),
      fc.constantFrom(`b${ANA}`, "x").map((target) => revoked(target, `r-${target}`, 20)),
      fc.constantFrom(0, 1).map((order) => imported(order, `h${order}1`, `h${order}2`)),
      fc.constantFrom("APPROVED", "PAUSED").map(template),
      fc.constant(null).map(unreadable),
      fc.constant(null).map(() => picture("p", 5)),
    ),
    { minLength: 10, maxLength: 16 },
  )
  // what Meta sends twice is the same each time: one body a message
  .map((bodies) => [...new Map(bodies.map((one) => [JSON.stringify(one), one])).values()]);
