import { createHmac, randomUUID } from "node:crypto";
import { z } from "zod";
import type { FaultBook } from "../server/fault-book.ts";
import { json } from "../server/http.ts";
import type { Call, Reply, Route } from "../server/http.ts";
import type { Timers } from "../server/timers.ts";
import { postCopies, postWebhook } from "../server/webhook.ts";
import type { CopiesAnswer } from "../server/webhook.ts";
import { ultravoxError, ultravoxRoute } from "./account-routes.ts";
import type { UltravoxAccount, UltravoxAccounts } from "./accounts.ts";

const WEBHOOK_TIMEOUT_MS = 10_000;

export interface UltravoxCallsOptions {
  accounts: UltravoxAccounts;
  worker_url: () => string;
  faults: FaultBook;
  timers: Timers;
  clock: () => number;
  /** Milliseconds between the agent's joining and its leaving. */
  talk_ms: number;
  webhook_retries_ms: readonly number[];
}

/** What the customer says in a call; the agent answers each line. */
export interface Conversation {
  says: string[];
  /** Told once the agent has hung up. */
  over: () => void;
}

export interface UltravoxCalls {
  routes: Route[];
  /** A carrier connects a leg; false when nobody may join there (any more). */
  join(join_url: string, conversation: Conversation): boolean;
  /** The customer has hung up. */
  leave(join_url: string): void;
  /** Signs a body as Ultravox would and posts it once. */
  post(input: { raw: unknown; copies?: number | undefined }): Promise<CopiesAnswer & { id: string | null }>;
}

const callback = z.strictObject({ url: z.url().max(200), secrets: z.array(z.string().min(1)).optional() });
/** Body of `POST /api/calls`. Strict, so that a field that Ultravox would refuse is refused here. */
const startCall = z.strictObject({
  systemPrompt: z.string(),
  model: z.string().optional(),
  voice: z.string().optional(),
  temperature: z.number().min(0).max(1).optional(),
  languageHint: z.string().optional(),
  joinTimeout: z
    .string()
    .regex(/^\d+(\.\d+)?s$/)
    .optional(),
  maxDuration: z
    .string()
    .regex(/^\d+(\.\d+)?s$/)
    .optional(),
  recordingEnabled: z.boolean().optional(),
  firstSpeakerSettings: z.union([
    z.strictObject({ agent: z.strictObject({ text: z.string().optional(), prompt: z.string().optional() }) }),
    z.strictObject({ user: z.looseObject({}) }),
  ]),
  medium: z.union([z.strictObject({ telnyx: z.strictObject({}) }), z.strictObject({ twilio: z.strictObject({}) })]),
  selectedTools: z.array(
    z.union([
      z.strictObject({ toolName: z.string() }),
      z.strictObject({
        temporaryTool: z.strictObject({
          modelToolName: z.string().regex(/^[\w-]{1,64}$/),
          description: z.string(),
          timeout: z.string().optional(),
          dynamicParameters: z.array(z.looseObject({ name: z.string(), location: z.string() })),
          http: z.strictObject({ baseUrlPattern: z.url(), httpMethod: z.literal("POST") }),
        }),
      }),
    ]),
  ),
  metadata: z.record(z.string().regex(/^(?!ultravox\.)/), z.string()),
  callbacks: z.strictObject({ joined: callback, ended: callback, billed: callback }).partial().optional(),
});
type StartCall = z.infer<typeof startCall>;
type Event = "joined" | "ended" | "billed";

interface Line {
  role: string;
  text: string;
  start: number;
  toolName?: string;
}

interface Running {
  account: UltravoxAccount;
  given: StartCall;
  call: Record<string, unknown> & { callId: string; joinUrl: string };
  lines: Line[];
  over: (() => void) | undefined;
  joined: boolean;
}

/** Words of a customer at which the agent uses a tool. */
const WISHES: [RegExp, tool: string, parameter: string][] = [
  [/person|human|somebody real/i, "hand-over", "summary"],
  [/tell them|leave a note/i, "leave-note", "note"],
  [/(stop|never) call/i, "record-opt-out", "said"],
];
const SECONDS_A_LINE = 2;

/** Ultravox's calls: created, joined by a carrier, talked in, ended and billed, each told by a signed webhook. */
export function createUltravoxCalls(options: UltravoxCallsOptions): UltravoxCalls {
  const { accounts, worker_url, timers, clock, talk_ms, faults } = options;
  const calls = new Map<string, Running>();
  let newest: Running | undefined;
  const iso = () => new Date(clock()).toISOString();

  function create(request: Call, account: UltravoxAccount): Reply {
    const parsed = startCall.safeParse(request.body);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      return ultravoxError(400, `${issue?.path.join(".")}: ${issue?.message}`);
    }
    const callId = randomUUID();
    const call = {
      callId,
      created: iso(),
      joined: null,
      ended: null,
      endReason: null,
      billedDuration: null,
      billingStatus: "BILLING_STATUS_PENDING",
      shortSummary: null,
      summary: null,
      metadata: parsed.data.metadata,
      medium: parsed.data.medium,
      joinUrl: `wss://voice.ultravox.test/calls/${callId}?key=${randomUUID()}`,
    };
    newest = { account, given: parsed.data, call, lines: [], over: undefined, joined: false };
    calls.set(callId, newest);
    return json(201, call);
  }

  const found = (handle: (running: Running, request: Call) => Reply) => (request: Call, account: UltravoxAccount) => {
    const running = calls.get(request.params[0] ?? "");
    return running?.account === account ? handle(running, request) : ultravoxError(404, "Not found.");
  };

  async function tell({ given, call }: Running, event: Event): Promise<void> {
    const target = given.callbacks?.[event];
    if (!target) return;
    const strikes = faults.strike("ultravox", ["status"], ["drop_request", "duplicate"]);
    if (strikes.some(({ kind }) => kind === "drop_request")) return;
    const bytes = JSON.stringify({ event: `call.${event}`, call });
    for (let copy = strikes.some(({ kind }) => kind === "duplicate") ? 2 : 1; copy > 0; copy--) {
      for (const wait of [0, ...options.webhook_retries_ms]) {
        await timers.sleep(wait);
        const { status } = await send(target.url, bytes, target.secrets ?? []);
        if (status >= 200 && status < 300) break;
      }
    }
  }

  function send(url: string, bytes: string, secrets: string[]) {
    const timestamp = iso();
    const signature = secrets.map((secret) =>
      createHmac("sha256", secret)
        .update(bytes + timestamp)
        .digest("hex"),
    );
    const headers = {
      "content-type": "application/json",
      "x-ultravox-webhook-timestamp": timestamp,
      "x-ultravox-webhook-signature": signature.join(","),
    };
    return postWebhook(new URL(new URL(url).pathname, worker_url()), headers, bytes, WEBHOOK_TIMEOUT_MS);
  }

  function say(running: Running, role: string, text: string, toolName?: string): void {
    running.lines.push({ role, text, start: running.lines.length * SECONDS_A_LINE, ...(toolName && { toolName }) });
  }

  /** The agent's side: it greets, and to each line it uses the tool that is wished for, or says that it has understood. */
  async function talk(running: Running, { says }: Conversation): Promise<void> {
    const { agent } = running.given.firstSpeakerSettings as { agent?: { text?: string } };
    say(running, "MESSAGE_ROLE_AGENT", agent?.text ?? "Hello, how can I help you?");
    for (const text of says) {
      say(running, "MESSAGE_ROLE_USER", text);
      const [, wished, parameter] = WISHES.find(([words]) => words.test(text)) ?? [];
      const used = wished === undefined ? undefined : await use(running, wished, { [parameter ?? ""]: text });
      say(running, "MESSAGE_ROLE_AGENT", used ?? "Of course, I have noted that.");
    }
  }

  async function use(running: Running, name: string, parameters: object): Promise<string | undefined> {
    const tool = running.given.selectedTools.flatMap((one) => ("temporaryTool" in one ? [one.temporaryTool] : []));
    const url = tool.find(({ modelToolName }) => modelToolName === name)?.http.baseUrlPattern;
    if (url === undefined) return undefined;
    say(running, "MESSAGE_ROLE_TOOL_CALL", JSON.stringify(parameters), name);
    const response = await fetch(new URL(new URL(url).pathname, worker_url()), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(parameters),
    }).catch(() => undefined);
    say(running, "MESSAGE_ROLE_TOOL_RESULT", (await response?.text()) ?? "", name);
    return response?.ok ? "I have seen to that." : "I am sorry, that did not work.";
  }

  function end(running: Running, reason: string): void {
    if (running.call["ended"] !== null) return;
    const wish = running.lines.find(({ role }) => role === "MESSAGE_ROLE_USER")?.text;
    Object.assign(running.call, {
      ended: iso(),
      endReason: reason,
      shortSummary: wish === undefined ? "The caller said nothing." : `The caller said: ${wish}`,
    });
    void close(running);
  }

  async function close(running: Running): Promise<void> {
    await tell(running, "ended");
    const billed = Math.max(1, running.lines.length * SECONDS_A_LINE);
    Object.assign(running.call, { billedDuration: `${billed}s`, billingStatus: "BILLING_STATUS_BILLED" });
    await tell(running, "billed");
  }

  async function run(running: Running, conversation: Conversation): Promise<void> {
    await tell(running, "joined");
    await talk(running, conversation);
    await timers.sleep(talk_ms);
    end(running, "agent_hangup");
    conversation.over();
  }

  const byUrl = (join_url: string) => [...calls.values()].find(({ call }) => call.joinUrl === join_url);

  return {
    routes: [
      ultravoxRoute(accounts, "POST", /^\/api\/calls$/, create, "send"),
      ultravoxRoute(
        accounts,
        "GET",
        /^\/api\/calls\/([\w-]+)$/,
        found(({ call }) => json(200, call)),
      ),
      ultravoxRoute(
        accounts,
        "GET",
        /^\/api\/calls\/([\w-]+)\/messages$/,
        found(({ lines }) => {
          const results = lines.map(({ role, text, start, toolName }, n) => ({
            role,
            text,
            medium: "MESSAGE_MEDIUM_VOICE",
            callStageMessageIndex: n,
            timespan: { start: `${start}s`, end: `${start + SECONDS_A_LINE}s` },
            ...(toolName && { toolName }),
          }));
          return json(200, { next: null, previous: null, results, total: results.length });
        }),
      ),
      ultravoxRoute(
        accounts,
        "GET",
        /^\/api\/calls\/([\w-]+)\/recording$/,
        found(({ call, given }) =>
          given.recordingEnabled
            ? { status: 302, headers: { location: `https://storage.ultravox.test/${call.callId}.wav` }, body: "" }
            : ultravoxError(404, "Not found."),
        ),
      ),
    ],

    join(join_url, conversation) {
      const running = byUrl(join_url);
      if (!running || running.joined || running.call["ended"] !== null) return false;
      running.joined = true;
      running.call["joined"] = iso();
      void run(running, conversation);
      return true;
    },

    leave(join_url) {
      const running = byUrl(join_url);
      if (running) end(running, "hangup");
    },

    async post({ raw, copies = 1 }) {
      const named = (raw as { call?: { callId?: unknown } } | null)?.call?.callId;
      const running = (typeof named === "string" ? calls.get(named) : undefined) ?? newest;
      const own = running?.given.callbacks?.ended;
      const hook = own ? { url: own.url, secrets: own.secrets ?? [] } : accounts.first()?.webhook;
      if (!hook) return { status: 0, body: "no webhook of Ultravox yet", id: null, statuses: [] };
      const bytes = typeof raw === "string" ? raw : JSON.stringify(raw);
      const url = new URL(hook.url, worker_url()).href;
      const answer = await postCopies(copies, () => send(url, bytes, hook.secrets));
      return { ...answer, id: typeof named === "string" ? named : null };
    },
  };
}
