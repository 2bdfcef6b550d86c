import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { InboundInput, InboundResult } from "../meta/inbound.ts";
import type { FaultBook } from "../server/fault-book.ts";
import { json } from "../server/http.ts";
import type { Call, Reply, Route } from "../server/http.ts";
import type { Timers } from "../server/timers.ts";
import type { UltravoxCalls } from "../ultravox/calls.ts";
import { telnyxRoute } from "./account-routes.ts";
import { isObject } from "../server/is-object.ts";
import { postCopies } from "../server/webhook.ts";
import type { TelnyxAccount, TelnyxAccounts } from "./accounts.ts";
import { telnyxError } from "./errors.ts";
import type { TelnyxNumber, TelnyxNumbers } from "./numbers.ts";
import type { TelnyxWebhooks } from "./webhooks.ts";
import { webhookBody } from "./webhooks.ts";

export interface TelnyxCallsOptions {
  accounts: TelnyxAccounts;
  numbers: TelnyxNumbers;
  webhooks: TelnyxWebhooks;
  faults: FaultBook;
  timers: Timers;
  clock: () => number;
  agents: () => Pick<UltravoxCalls, "join" | "leave">;
  /** Milliseconds until somebody who is called answers. */
  ring_ms: number;
}

export interface TelnyxCalls {
  routes: Route[];
  /** A customer calls: `text` is what it says once it is answered, line by line. */
  inbound(input: InboundInput): Promise<InboundResult>;
}

interface Leg {
  account: TelnyxAccount;
  url: string;
  payload: Record<string, unknown> & { call_control_id: string };
  state: "ringing" | "answered" | "over";
  says: string[];
  stream_url: string | undefined;
  commands: Set<string>;
}

const E164 = z.string().regex(/^\+[1-9]\d{6,14}$/);
const base64 = z.string().regex(/^[A-Za-z0-9+/]+={0,2}$/);
const common = { client_state: base64.optional(), command_id: z.string().max(100) };
const stream = {
  stream_url: z.string().startsWith("wss://"),
  stream_track: z.literal("inbound_track"),
  stream_codec: z.literal("L16"),
  stream_bidirectional_mode: z.literal("rtp"),
  stream_bidirectional_codec: z.literal("L16"),
  stream_bidirectional_sampling_rate: z.literal(16_000),
  stream_bidirectional_target_legs: z.literal("opposite"),
};
const bodies = {
  answer: z.strictObject({ ...common, ...stream }),
  streaming_start: z.strictObject({ ...common, ...stream }),
  reject: z.strictObject({ ...common, cause: z.enum(["CALL_REJECTED", "USER_BUSY"]) }),
  hangup: z.strictObject(common),
  transfer: z.strictObject({
    ...common,
    to: E164,
    from: E164.optional(),
    target_leg_client_state: base64.optional(),
  }),
};
const dial = z.strictObject({
  ...common,
  connection_id: z.string().min(1),
  from: E164,
  to: E164,
  timeout_secs: z.int().min(5).max(600),
  webhook_url: z.url().optional(),
});

/** Telnyx's call control: legs, commands on them and the webhooks that both make. */
export function createTelnyxCalls(options: TelnyxCallsOptions): TelnyxCalls {
  const { accounts, numbers, webhooks, timers, clock, faults, ring_ms } = options;
  const legs = new Map<string, Leg>();

  function newLeg(account: TelnyxAccount, url: string, payload: Record<string, unknown>, says: string[] = []): Leg {
    const call_control_id = `v3:${randomUUID()}`;
    const ids = { call_control_id, call_leg_id: randomUUID(), call_session_id: randomUUID(), connection_id: "1" };
    const leg: Leg = {
      account,
      url,
      payload: { ...ids, start_time: new Date(clock()).toISOString(), client_state: null, ...payload },
      state: "ringing",
      says,
      stream_url: undefined,
      commands: new Set(),
    };
    legs.set(call_control_id, leg);
    return leg;
  }

  const tell = (leg: Leg, event_type: string, more: Record<string, unknown> = {}) =>
    webhooks.deliver(leg.account, leg.url, { event_type, occurred_at: clock(), payload: { ...leg.payload, ...more } });

  function hangUp(leg: Leg, hangup_cause: string, hangup_source: string): void {
    if (leg.state === "over") return;
    leg.state = "over";
    if (leg.stream_url !== undefined) options.agents().leave(leg.stream_url);
    void tell(leg, "call.hangup", { hangup_cause, hangup_source, end_time: new Date(clock()).toISOString() });
  }

  /** Sound goes to and from the agent until it hangs up; a call that was handed on goes on without it. */
  function connect(leg: Leg, stream_url: string): void {
    leg.stream_url = stream_url;
    const over = () => {
      if (leg.payload["handed_on"] === undefined) hangUp(leg, "normal_clearing", "callee");
    };
    if (!options.agents().join(stream_url, { says: leg.says, over })) {
      void tell(leg, "streaming.failed", { failure_reason: "connection_failed" });
    }
  }

  const actions: Record<keyof typeof bodies, (leg: Leg, body: Record<string, unknown>) => void> = {
    answer(leg, { stream_url }) {
      leg.state = "answered";
      void answered(leg, String(stream_url));
    },
    streaming_start: (leg, { stream_url }) => connect(leg, String(stream_url)),
    reject: (leg) => hangUp(leg, "call_rejected", "callee"),
    hangup: (leg) => hangUp(leg, "normal_clearing", "callee"),
    transfer(leg, { to, from, target_leg_client_state = null }) {
      leg.payload["handed_on"] = true;
      const { call_session_id, to: own } = leg.payload;
      const other = newLeg(leg.account, leg.url, {
        call_session_id,
        from: from ?? own,
        to,
        direction: "outgoing",
        state: "bridging",
        client_state: target_leg_client_state,
      });
      void bridge(leg, other);
    },
  };

  async function answered(leg: Leg, stream_url: string): Promise<void> {
    await tell(leg, "call.answered");
    connect(leg, stream_url);
  }

  async function bridge(leg: Leg, other: Leg): Promise<void> {
    await tell(other, "call.initiated");
    await timers.sleep(ring_ms);
    other.state = "answered";
    await tell(other, "call.answered");
    await tell(leg, "call.bridged");
    if (leg.stream_url !== undefined) options.agents().leave(leg.stream_url);
    await timers.sleep(ring_ms);
    hangUp(other, "normal_clearing", "callee");
    hangUp(leg, "normal_clearing", "callee");
  }

  async function ring(leg: Leg, ending: string | undefined): Promise<void> {
    await tell(leg, "call.initiated");
    await timers.sleep(ring_ms);
    if (ending !== undefined) return hangUp(leg, ending, "callee");
    leg.state = "answered";
    await tell(leg, "call.answered");
  }

  function command(request: Call, account: TelnyxAccount): Reply {
    const [id = "", action = ""] = request.params;
    const leg = legs.get(decodeURIComponent(id));
    if (leg?.account !== account) return telnyxError("10005");
    if (!Object.hasOwn(bodies, action)) return telnyxError("10005", `no action ${action}`);
    const name = action as keyof typeof bodies;
    const parsed = bodies[name].safeParse(request.body);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      return telnyxError("10015", issue?.message, `/${issue?.path.join("/") ?? ""}`);
    }
    if (leg.state === "over") return telnyxError("90018");
    // the same id within a minute is the same command
    if (!leg.commands.has(parsed.data.command_id)) {
      leg.commands.add(parsed.data.command_id);
      if (parsed.data.client_state !== undefined) leg.payload["client_state"] = parsed.data.client_state;
      actions[name](leg, parsed.data);
    }
    return json(200, { data: { result: "ok" } });
  }

  /** Whoever is called answers, is busy or is not there, as a fault on `status` says. */
  function dialled(request: Call, account: TelnyxAccount): Reply {
    const parsed = dial.safeParse(request.body);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      return telnyxError("10015", issue?.message, `/${issue?.path.join("/") ?? ""}`);
    }
    const { from, to, client_state = null, webhook_url, connection_id } = parsed.data;
    const number = numbers.find(from);
    if (number?.api_key !== account.api_key) return telnyxError("10015", "The number is not of this account.", "/from");
    const payload = { from, to, client_state, connection_id, direction: "outgoing", state: "bridging" };
    const leg = newLeg(account, webhook_url ?? voiceUrl(number), payload, ["Yes, speaking.", "Thank you, goodbye."]);
    const ending = faults.strike("telnyx", ["status"], ["error"])[0];
    timers.later(0, () => void ring(leg, ending && String(ending.value ?? "no_answer")));
    const { call_control_id, call_leg_id, call_session_id } = leg.payload;
    return json(200, { data: { call_control_id, call_leg_id, call_session_id, is_alive: true, record_type: "call" } });
  }

  return {
    routes: [
      telnyxRoute(accounts, "POST", /^\/v2\/calls$/, dialled, "send"),
      telnyxRoute(accounts, "POST", /^\/v2\/calls\/([^/]+)\/actions\/(\w+)$/, command, "send"),
    ],

    async inbound({ from = "", to, text, raw, copies = 1 }) {
      const number = to === undefined ? numbers.first() : numbers.find(to);
      const account = number && accounts.find(number.api_key);
      if (!number || !account) return { status: 0, body: `no number ${to ?? "yet"}`, id: null, statuses: [] };
      const url = voiceUrl(number);
      const whole = typeof raw === "string" ? raw : isObject(raw) && "data" in raw ? JSON.stringify(raw) : undefined;
      const says = text === undefined ? [] : text.split("\n").filter((line) => line.trim() !== "");
      const payload = { from, to: number.phone_number, direction: "incoming", state: "parked" };
      const leg =
        whole === undefined ? newLeg(account, url, { ...payload, ...(isObject(raw) ? raw : {}) }, says) : undefined;
      const event = { event_type: "call.initiated", occurred_at: clock(), payload: leg?.payload ?? {} };
      const bytes = whole ?? JSON.stringify(webhookBody(randomUUID(), event, 1, url));
      const answer = await postCopies(copies, () => webhooks.post(account, url, bytes));
      return { ...answer, id: leg?.payload.call_control_id ?? null };
    },
  };
}

/** Of the number's application; where none is named, beside its messages' address. */
function voiceUrl({ voice_url, webhook_url }: TelnyxNumber): string {
  return voice_url ?? webhook_url.replace(/messaging$/, "voice");
}
