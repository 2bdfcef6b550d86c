import type { Act, CallContext } from "../../shared/calls/act.ts";
import { callPrompt } from "../../shared/calls/prompt.ts";
import { noteCall, recordAccountCallEvents, recordCallEvents, takeCall } from "../../shared/calls/record.ts";
import type { ToldOfCalls } from "../../shared/calls/record.ts";
import { toolsOfCall } from "../../shared/calls/tools.ts";
import { writeTranscript } from "../../shared/calls/transcript.ts";
import type { Carrier, CommandOutcome } from "../../shared/channels/carrier.ts";
import { sha256Hex } from "../../shared/crypto/digest.ts";
import { toHex } from "../../shared/crypto/hex.ts";
import type { Tools } from "../tools.ts";
import { agentsOf, telnyxOf } from "./providers.ts";

/** Opens the tools of one call. Only its digest is kept, and who made it keeps it until the agent is made. */
export interface ToolToken {
  token: string;
  hash: string;
}

export async function newToolToken(): Promise<ToolToken> {
  const token = toHex(crypto.getRandomValues(new Uint8Array(32)));
  return { token, hash: await sha256Hex(token) };
}

/** Somebody who does not answer within this is not there; Telnyx allows 5 to 600. */
const RING_SECONDS = 45;

export interface Place {
  tools: Tools;
  /** Where providers reach us; empty when that is not known. */
  origin: string;
  /** For one that is told what to do in the answer to its own request. */
  carrier?: Carrier;
}

/** Stores what a webhook tells; the work that it asks for is done by the second function, after the answer. */
export async function tellCalls(
  told: Omit<ToldOfCalls, "tool_token_hash">,
  place: Place,
): Promise<{ act: () => Promise<void> }> {
  const key = await newToolToken();
  const { outcomes, acts } = await recordCallEvents(place.tools.exec, { ...told, tool_token_hash: key.hash });
  place.tools.log("info", "calls.told", { provider: told.provider, outcomes, acts: acts.map((one) => one.do) });
  return { act: () => performAll(acts, key, place) };
}

/** The same for a carrier's account that is a business's own, whose answer is what it is to do. */
export async function tellAccountCalls(
  told: Omit<ToldOfCalls, "tool_token_hash" | "org_id"> & { account_id: string },
  place: Place,
): Promise<void> {
  const key = await newToolToken();
  const { acts } = await recordAccountCallEvents(place.tools.exec, { ...told, tool_token_hash: key.hash });
  await performAll(acts, key, place);
}

/** Looks at a call of which nothing is told just now. */
export async function lookAtCall(call_id: string, place: Place): Promise<void> {
  const key = await newToolToken();
  const act = await takeCall(place.tools.exec, call_id, key.hash);
  if (act) await performAll([act], key, place);
}

async function performAll(acts: Act[], key: ToolToken, place: Place): Promise<void> {
  for (const act of acts) await perform(act, key, place);
}

async function perform(act: Act, key: ToolToken, place: Place): Promise<void> {
  const { exec } = place.tools;
  switch (act.do) {
    case "answer":
    case "join":
      return connect(act, key, place);
    case "reject": {
      const carrier = await carrierOf(act, place);
      if (carrier && act.leg !== null) await carrier.reject(act.leg, act.call_id);
      return noteCall(exec, { call_id: act.call_id, done: true });
    }
    case "collect":
      return collect(act, place);
    case "reconcile":
      return reconcile(act, place);
    case "dial":
      return dial(act, place);
  }
}

/**
 * Dials, once: it stands written down that this call is dialled, and nobody does it again, whatever becomes of the answer
 * (F120). What is not known here is told by the leg's own events, or by nobody, and then the watchdog closes the call.
 */
async function dial(act: Act, { tools, origin }: Place): Promise<void> {
  const { call_id, from, to, secrets } = act;
  const carrier = await carrierOf(act, { tools, origin });
  const { application_id, webhook_secret } = secrets;
  if (!carrier || from === null || to === null || application_id === null) {
    const reason = carrier
      ? "The organization has no Call Control application at Telnyx that could call."
      : "The stored key cannot be opened. Store it again.";
    return noteCall(tools.exec, { call_id, kind: "failed", reason, done: true });
  }
  const outcome = await carrier.dial({
    call_id,
    from,
    to,
    application_id,
    webhook_url: origin === "" ? undefined : new URL(`/webhooks/telnyx/${webhook_secret}/voice`, origin).href,
    ring_seconds: RING_SECONDS,
  });
  tools.log(outcome.state === "done" ? "info" : "warn", "calls.dial", { call_id, ...shown(outcome) });
  if (outcome.state === "done") {
    return noteCall(tools.exec, { call_id, ...(outcome.leg !== undefined && { leg: outcome.leg }), done: true });
  }
  const failed = outcome.state === "failed" && ({ kind: "failed", reason: outcome.reason } as const);
  return noteCall(tools.exec, { call_id, ...failed, done: true });
}

/** To whom a call is handed. */
export interface Transfer {
  number: string;
}

/** Hands the customer to a person. The conversation waits for one already, with the summary in it. */
export async function transfer(act: Act & Transfer, tools: Tools): Promise<void> {
  const carrier = await carrierOf(act, { tools, origin: "" });
  if (!carrier || act.leg === null) return tools.log("warn", "calls.transfer", { call_id: act.call_id });
  const { call_id, leg, number, from } = act;
  const outcome = await carrier.transfer(leg, { call_id, number, from: from ?? undefined });
  tools.log(outcome.state === "done" ? "info" : "warn", "calls.transfer", { call_id, ...shown(outcome) });
}

/** Makes the agent and joins it to the customer's leg. What fails is written down, and the leg is let go. */
async function connect(act: Act, { token }: ToolToken, place: Place): Promise<void> {
  const { call_id, leg, context } = act;
  const { tools, origin } = place;
  const carrier = await carrierOf(act, place);
  const agents = await agentsOf(act.secrets, place.tools);
  if (!carrier || !agents || leg === null || !context) {
    return noteCall(tools.exec, { call_id, kind: "failed", reason: "A stored key cannot be opened. Store it again." });
  }
  const agent = await agents.create({
    call_id,
    org_id: act.org_id,
    carrier: act.carrier,
    system_prompt: callPrompt(context, { direction: act.direction, purpose: act.purpose, now: tools.now() }),
    ...settingsOf(context),
    max_seconds: act.max_seconds,
    ...(origin !== "" && {
      webhook_url: new URL(`/webhooks/ultravox/${act.secrets.webhook_secret}`, origin).href,
    }),
    tools: origin === "" ? [] : toolsOfCall(origin, token),
  });
  if (!agent.ok) {
    await (act.do === "answer" ? carrier.reject(leg, call_id) : carrier.hang_up(leg, call_id));
    return noteCall(tools.exec, { call_id, kind: "failed", reason: agent.reason });
  }
  const { agent_call_id, join_url } = agent;
  // the customer waits for the answer, nobody for the note
  const [outcome] = await Promise.all([
    act.do === "answer" ? carrier.answer(leg, { call_id, join_url }) : carrier.join(leg, { call_id, join_url }),
    noteCall(tools.exec, { call_id, agent_call_id, ...(context.record && { kind: "recorded" }) }),
  ]);
  tools.log(outcome.state === "done" ? "info" : "warn", "calls.connect", { call_id, ...shown(outcome) });
  if (outcome.state === "failed") await noteCall(tools.exec, { call_id, kind: "failed", reason: outcome.reason });
}

const settingsOf = ({ greeting, voice, record }: CallContext) => ({ greeting, voice, record });
const shown = (outcome: CommandOutcome) => ({
  state: outcome.state,
  ...("reason" in outcome && { reason: outcome.reason }),
});

/** Fetches what was said and writes it into the conversation. A provider that is away is asked again by the sweep. */
async function collect(act: Act, place: Place): Promise<void> {
  const agents = await agentsOf(act.secrets, place.tools);
  const lines = agents && act.agent_call_id !== null ? await agents.transcript(act.agent_call_id) : null;
  if (lines === null) return place.tools.log("warn", "calls.transcript", { call_id: act.call_id });
  await writeTranscript(place.tools.exec, act.call_id, lines);
}

/** Asks for what no webhook has told: how it ended, what it costs, what was said (F123). */
async function reconcile(act: Act, place: Place): Promise<void> {
  const { exec, now } = place.tools;
  const agents = await agentsOf(act.secrets, place.tools);
  const events = agents && act.agent_call_id !== null ? await agents.look_up(act.agent_call_id) : null;
  if (events === null) return place.tools.log("warn", "calls.reconcile", { call_id: act.call_id });
  await recordCallEvents(exec, { org_id: act.org_id, provider: "ultravox", received_at: now(), events });
  await collect(act, place);
}

async function carrierOf({ carrier, secrets }: Act, { tools, carrier: given }: Place): Promise<Carrier | null> {
  if (given) return given;
  return carrier === "telnyx" ? telnyxOf(secrets, tools) : null;
}
