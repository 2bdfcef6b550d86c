import * as z from "zod";
import { hmacSha256 } from "../../crypto/digest.ts";
import { toHex } from "../../crypto/hex.ts";
import { askProvider } from "../../http/ask-provider.ts";
import { cleanText } from "../../text/clean.ts";
import type { CallEvent } from "../calls.ts";
import type { AgentRequest, AgentTool, Spoken, VoiceAgents } from "../voice-agent.ts";
import type { UltravoxAccess } from "./check-key.ts";
import { normalise } from "./normalise.ts";

const MODEL = "ultravox-v0.7";
/** From creation until the customer is connected; a leg is answered at once. */
const JOIN_TIMEOUT = "30s";
const TOOL_TIMEOUT = "10s";
/** Pages of a transcript that are read. */
const MAX_PAGES = 20;

const created = z.object({ callId: z.string().min(1), joinUrl: z.url() });
const failure = z.object({ detail: z.string().max(500) });
const message = z.object({
  role: z.string(),
  text: z.string().nullish(),
  timespan: z.object({ start: z.string().nullish() }).nullish().catch(null),
});
const page = z.object({ next: z.string().nullish(), results: z.array(message) });
const ROLES: Record<string, Spoken["role"]> = { MESSAGE_ROLE_USER: "user", MESSAGE_ROLE_AGENT: "agent" };

/** What an organization's webhooks are signed with. It follows from the key, so that nothing more is kept. */
export async function webhookSecret(api_key: string, org_id: string): Promise<string> {
  return toHex(await hmacSha256(api_key, `webhooks of ${org_id}`));
}

/** Ultravox's calls (contracts §4). */
export function createUltravoxAgents(access: UltravoxAccess): VoiceAgents {
  const { ultravox_url, api_key, ...options } = access;
  const ask = (method: "GET" | "POST", url: string, body?: unknown) =>
    askProvider({ method, url, headers: { "x-api-key": api_key }, body, secret: api_key }, options);
  const urlOf = (agent_call_id: string, rest = "") =>
    `${ultravox_url}/calls/${encodeURIComponent(agent_call_id)}${rest}`;

  return {
    async create(request) {
      const secret = await webhookSecret(api_key, request.org_id);
      const answer = await ask("POST", `${ultravox_url}/calls`, startCall(request, secret));
      if (!answer.answered) return { ok: false, reason: `Ultravox did not answer: ${answer.reason}.` };
      const call = created.safeParse(answer.body).data;
      if (answer.status < 300 && call) return { ok: true, agent_call_id: call.callId, join_url: call.joinUrl };
      const why = failure.safeParse(answer.body).data?.detail;
      return { ok: false, reason: `Ultravox refused: ${answer.status}${why === undefined ? "" : `, ${why}`}.` };
    },

    async look_up(agent_call_id) {
      const answer = await ask("GET", urlOf(agent_call_id));
      return answer.answered && answer.status === 200 ? eventsOf(answer.body) : null;
    },

    async transcript(agent_call_id) {
      const spoken: Spoken[] = [];
      // without `in_call` only the last stage is told
      let next: string | null | undefined = urlOf(agent_call_id, "/messages?mode=in_call&pageSize=100");
      for (let pages = 0; next && pages < MAX_PAGES; pages++) {
        // the key goes to Ultravox only, whatever an answer calls the next page
        if (!next.startsWith(`${ultravox_url}/`)) return null;
        const answer = await ask("GET", next);
        const found: z.infer<typeof page> | undefined = answer.answered ? page.safeParse(answer.body).data : undefined;
        if (!found || !answer.answered || answer.status !== 200) return null;
        for (const one of found.results) spoken.push(...lineOf(one, spoken.length + 1));
        next = found.next;
      }
      return spoken;
    },

    async recording(agent_call_id) {
      const response = await (options.fetch ?? fetch)(urlOf(agent_call_id, "/recording"), {
        headers: { "x-api-key": api_key },
        redirect: "manual",
        signal: AbortSignal.timeout(options.timeout_ms ?? 10_000),
      }).catch(() => null);
      await response?.body?.cancel();
      const link =
        response && response.status >= 300 && response.status < 400 ? response.headers.get("location") : null;
      return link !== null && link.startsWith("https://") ? link : null;
    },
  };
}

/** Body of `POST /api/calls`. Values of `metadata` must be texts. */
export function startCall(request: AgentRequest, secret: string): Record<string, unknown> {
  const { call_id, carrier, system_prompt, greeting, voice, max_seconds, record, webhook_url, tools } = request;
  const callback = webhook_url === undefined ? undefined : { url: webhook_url, secrets: [secret] };
  return {
    systemPrompt: system_prompt,
    model: MODEL,
    ...(voice !== null && { voice }),
    joinTimeout: JOIN_TIMEOUT,
    maxDuration: `${max_seconds}s`,
    recordingEnabled: record,
    firstSpeakerSettings: { agent: greeting === null ? {} : { text: greeting } },
    medium: { [carrier]: {} },
    selectedTools: [{ toolName: "hangUp" }, ...tools.map(temporaryTool)],
    metadata: { call_id },
    ...(callback && { callbacks: { joined: callback, ended: callback, billed: callback } }),
  };
}

function temporaryTool({ name, description, url, parameters }: AgentTool): Record<string, unknown> {
  return {
    temporaryTool: {
      modelToolName: name,
      description,
      timeout: TOOL_TIMEOUT,
      dynamicParameters: parameters.map((one) => ({
        name: one.name,
        location: "PARAMETER_LOCATION_BODY",
        schema: { type: "string", description: one.description },
        required: one.required,
      })),
      http: { baseUrlPattern: url, httpMethod: "POST" },
    },
  };
}

/** A call as it stands, as the webhooks would have told it: repetitions of what they did tell. */
function eventsOf(body: unknown): CallEvent[] {
  const call = z
    .looseObject({ joined: z.unknown(), ended: z.unknown(), billingStatus: z.unknown() })
    .safeParse(body).data;
  if (!call) return [];
  const settled = /^BILLING_STATUS_(?!PENDING|UNSPECIFIED)/.test(String(call.billingStatus));
  const told = [
    ...(call.joined ? ["call.joined"] : []),
    ...(call.ended ? ["call.ended"] : []),
    ...(call.ended && settled ? ["call.billed"] : []),
  ];
  return told.flatMap((event) => normalise({ event, call }));
}

function lineOf({ role, text, timespan }: z.infer<typeof message>, n: number): Spoken[] {
  const speaker = Object.hasOwn(ROLES, role) ? ROLES[role] : undefined;
  const said = cleanText(text ?? "").trim();
  if (speaker === undefined || said === "") return [];
  const after = /^(\d{1,6}(?:\.\d+)?)s$/.exec(timespan?.start ?? "")?.[1];
  return [{ n, role: speaker, text: said, ...(after !== undefined && { after_seconds: Number(after) }) }];
}
