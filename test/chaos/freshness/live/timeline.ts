import * as z from "zod";
import type { Entry } from "../timeline.ts";
import { viewOf } from "../world.ts";
import type { Stage } from "./stage.ts";
import type { Done, Talk } from "./talk.ts";

/** A provider call for a message, as the simulated Meta saw it. */
export interface Call {
  to: string;
  attempt: string;
  text: string;
  /** Unix milliseconds. */
  at: number;
  accepted: boolean;
}

const send = z.object({ to: z.string(), biz_opaque_callback_data: z.string(), text: z.object({ body: z.string() }) });

/** Every send in the simulator's request log, oldest first. */
export function callsOf({ simulators }: Pick<Stage, "simulators">): Call[] {
  return simulators.api.requests({ provider: "meta" }).flatMap(({ body, status, at }) => {
    const { data } = send.safeParse(body);
    if (!data) return []; // marked as read
    const { to, biz_opaque_callback_data: attempt, text } = data;
    return [{ to: to.replace("+", ""), attempt, text: text.body, at: Date.parse(at), accepted: status === 200 }];
  });
}

/** What allows the AI to speak may hold as soon as it is asked for; anything else surely holds when it is answered. */
const GRANTS = new Set(["reopen", "ai_on", "auto_send_on"]);
/** Of what happened in the same millisecond: in favour of the product. */
const RANK = ["view", "decided", "claimed", "called", "act", "line"];

/**
 * One conversation's timeline from the outside: what its people were answered, what the model was asked, what the
 * provider was called for, and when each claim reached the database.
 * @param settings what was done to its number
 */
export function timelineOf(talk: Talk, settings: Done[], calls: Call[], { model, claims }: Stage): Entry[] {
  const timed: [number, Entry][] = [];
  for (const { what, asked_at, answered_at } of [...talk.done, ...settings]) {
    if ("line" in what) timed.push([answered_at, { kind: "line", line: what.line }]);
    else timed.push([GRANTS.has(what.act) ? asked_at : answered_at, { kind: "act", act: what.act }]);
  }
  for (const { customer, view, at, lines } of model.asked) {
    if (customer === talk.customer) timed.push([at, { kind: "view", view, lines }]);
  }
  for (const { to, attempt, text, at, accepted } of calls) {
    if (to !== talk.customer) continue;
    const claimed_at = claims.get(attempt)?.asked_at;
    if (claimed_at === undefined) throw new Error(`attempt ${attempt} was sent and never claimed`);
    const view = viewOf(text);
    if (view !== null) timed.push([claimed_at, { kind: "decided", view }]);
    timed.push([claimed_at, { kind: "claimed", attempt, view }]);
    timed.push([at, { kind: "called", attempt, message: text, view, accepted }]);
  }
  return timed
    .toSorted(([a, x], [b, y]) => a - b || RANK.indexOf(x.kind) - RANK.indexOf(y.kind))
    .map(([, entry]) => entry);
}
