import { DatabaseUnavailable } from "../../../shared/db/exec.ts";
import type { Exec, Row } from "../../../shared/db/exec.ts";
import type { OutgoingContent } from "../../../shared/channels/channel.ts";
import type { Claim, SendOutcome } from "../../../shared/sending/attempt.ts";
import type { DeliveryTools } from "../../../workers/sending/deliver.ts";
import type { Tenant } from "../../factories/tenant.ts";
import type { Actor } from "./stepper.ts";
import type { Entry } from "./timeline.ts";

/** One conversation's story: who takes part, and what has happened. */
export interface World {
  exec: Exec;
  random: () => number;
  tenant: Tenant;
  customer: string;
  conversation_id: string;
  entries: Entry[];
  /** Turns that have read the conversation so far. */
  views: number;
  /** What the conversation's object keeps in its storage. */
  turn_id: string | null;
  /** At the end of the story nothing fails any more. */
  calm: boolean;
}

/** The view that one look of the object has, once its turn has begun. */
export interface Look {
  view: Extract<Entry, { kind: "view" }> | null;
}

export const chance = ({ calm, random }: World, share: number) => !calm && random() < share;

const LOST_ANSWERS = 0.03;
const FAILED_CALLS = 0.07;
const UNKNOWN_CALLS = 0.04;

/**
 * The database as one actor sees it: each call is a step of its own, is noted as it takes effect, and now and then the
 * answer is lost.
 * @param entry what the call is in the story; noted once, however often it is made
 */
export function execOf(world: World, actor: Actor, { look, entry }: { look?: Look; entry?: Entry } = {}): Exec {
  return (session, statements) =>
    actor.step(async () => {
      const results = await world.exec(session, statements);
      if (entry && !world.entries.includes(entry)) world.entries.push(entry);
      for (const [i, { text }] of statements.entries()) {
        const name = /^select switchboard\.(\w+)\(/.exec(text)?.[1];
        if (name !== undefined) note(world, name, results[i]?.[0]?.["result"], look);
      }
      if (chance(world, LOST_ANSWERS)) throw new DatabaseUnavailable("The answer was lost");
      return results;
    });
}

function note(world: World, name: string, result: unknown, look: Look | undefined): void {
  if (!isRow(result)) return;
  if (name === "turn_begin_v1" && result["outcome"] === "begun" && look) {
    look.view = { kind: "view", view: ++world.views, lines: [] };
    world.entries.push(look.view);
  }
  if (name === "turn_commit_v1" && result["decision"] === "send" && look?.view) {
    world.entries.push({ kind: "decided", view: look.view.view });
  }
  const claim = (isRow(result["next"]) ? result["next"] : result) as unknown as Claim;
  if (claim.outcome === "claimed") {
    const { id, content } = claim.attempt;
    world.entries.push({ kind: "claimed", attempt: id, view: viewOf(textOf(content)) });
  }
}

/** What the object and the commands deliver with: our own code over a provider that keeps a log and sometimes fails. */
export function deliveryOf(world: World, actor: Actor, exec: Exec): DeliveryTools {
  const send: DeliveryTools["providers"]["send"] = ({ id, message_id, content }) =>
    actor.step(async () => {
      const outcome = answer(world, id);
      const accepted = outcome.state === "accepted";
      world.entries.push({ kind: "called", attempt: id, message: message_id, view: viewOf(textOf(content)), accepted });
      return outcome;
    });
  const providers = { send, mark_read: () => Promise.resolve(true) };
  return { exec, providers, random: () => 0, sleep: () => Promise.resolve(), log: () => {} };
}

function answer(world: World, attempt: string): SendOutcome {
  if (chance(world, FAILED_CALLS)) return { state: "failed", class: "retry", code: "131000", title: "Try again" };
  if (chance(world, UNKNOWN_CALLS)) return { state: "unknown", reason: "timeout" };
  return { state: "accepted", provider_id: `wamid.${attempt}`, held: false };
}

const textOf = (content: OutgoingContent) => (content.type === "text" ? content.text : "");

/** An AI reply names the view that it was decided on. */
export const replyOf = (view: number) => `The answer of view ${view}`;

export function viewOf(text: string): number | null {
  const found = /^The answer of view (\d+)$/.exec(text)?.[1];
  return found === undefined ? null : Number(found);
}

function isRow(value: unknown): value is Row {
  return typeof value === "object" && value !== null;
}
