import type { Gemini } from "../gemini/create.ts";
import type { Meta } from "../meta/create.ts";
import type { Twilio } from "../twilio/create.ts";
import type { Telnyx } from "../telnyx/create.ts";
import type { Ultravox } from "../ultravox/create.ts";
import type { FaultBook } from "../server/fault-book.ts";
import { json } from "../server/http.ts";
import type { Call, Reply } from "../server/http.ts";
import type { RequestLog } from "../server/request-log.ts";
import { checked, ControlError } from "./input.ts";
import {
  accountBody,
  cronBody,
  faultBody,
  inboundBody,
  modelBody,
  numberBody,
  postgresBody,
  requestsQuery,
} from "./schemas.ts";

/** What the control reaches outside the simulators; an absent one is refused with 400. */
export interface Host {
  postgres?: (state: "up" | "down" | "slow", ms: number | undefined) => Promise<void> | void;
  /** Runs the worker's scheduled handler for a cron expression; what it returns is shown. */
  cron?: (cron: string) => Promise<unknown>;
  /** The expressions that it may be. */
  crons?: readonly string[];
}

export interface ControlOptions {
  meta: Meta;
  gemini: Gemini;
  twilio: Twilio;
  telnyx: Telnyx;
  ultravox: Ultravox;
  faults: FaultBook;
  log: RequestLog;
  host: Host;
}

/** What it returns is the answer; nothing becomes `{}`. */
type Handler = (body: unknown, call: Call) => unknown;

/** The handler of everything under `/_sim/`. */
export function createControl(options: ControlOptions): (call: Call) => Promise<Reply> {
  const handlers = createHandlers(options);
  return async function control(call) {
    const id = /^\/_sim\/faults\/(\d+)$/.exec(call.path)?.[1];
    if (id !== undefined && call.method === "DELETE") {
      return options.faults.remove(Number(id)) ? json(200, {}) : json(404, { error: `no fault ${id}` });
    }
    const handler = handlers[`${call.method} ${call.path}`];
    if (!handler) return json(404, { error: `no control at ${call.method} ${call.path}` });
    if (call.bytes.length > 0 && call.body === undefined) return json(400, { error: "the body is not JSON" });
    try {
      return json(200, (await handler(call.body, call)) ?? {});
    } catch (error) {
      if (error instanceof ControlError) return json(400, { error: error.message });
      throw error;
    }
  };
}

function createHandlers(options: ControlOptions): Record<string, Handler> {
  const { meta, gemini, twilio, telnyx, faults, log, host } = options;
  return {
    "GET /_sim/requests": (_, call) => ({ requests: log.list(checked(requestsQuery, givenParameters(call.query))) }),
    "DELETE /_sim/requests": () => log.clear(),
    "POST /_sim/inbound": (body) => {
      const { provider, ...input } = checked(inboundBody, body);
      if (provider === "telnyx-voice") return telnyx.calls.inbound(input);
      if (provider === "ultravox") return options.ultravox.calls.post({ raw: input.raw, copies: input.copies });
      if (provider === "gemini") throw new ControlError("provider: gemini sends no webhooks");
      return { meta, twilio, telnyx }[provider].inbound(input);
    },
    "POST /_sim/model": (body) => gemini.script.set(modelBody(body)),
    "DELETE /_sim/model": () => gemini.script.clear(),
    "POST /_sim/faults": (body) => ({ id: faults.add(checked(faultBody, body)) }),
    "DELETE /_sim/faults": () => faults.clear(),
    "POST /_sim/numbers": (body) => meta.numbers.add(checked(numberBody, body)),
    "POST /_sim/accounts": (body) => {
      const given = checked(accountBody, body);
      if (given.provider === "twilio") {
        const { account_sid, auth_token, number } = given;
        twilio.accounts.add({ account_sid, auth_token });
        if (number !== undefined) twilio.numbers.add({ phone_number: number, account_sid });
        return undefined;
      }
      const { provider, api_key, number } = given;
      if (number !== undefined) telnyx.numbers.add({ phone_number: number, api_key, webhook_url: "/nowhere" });
      return options[provider].accounts.add(api_key);
    },
    "POST /_sim/postgres": async (body) => {
      const { state, ms } = checked(postgresBody, body);
      if (!host.postgres) throw new ControlError("postgres: not under our control here");
      await host.postgres(state, ms);
    },
    "POST /_sim/cron": async (body) => {
      const { cron } = checked(cronBody, body);
      if (!host.cron) throw new ControlError("cron: no worker to run it here");
      if (host.crons && !host.crons.includes(cron)) {
        throw new ControlError(`cron: the Worker has none named "${cron}", but ${host.crons.join(" | ")}`);
      }
      return { result: (await host.cron(cron)) ?? null };
    },
  };
}

/** The query's parameters without the blank ones: `?provider=&since=` asks for everything. */
function givenParameters(query: URLSearchParams): Record<string, string> {
  return Object.fromEntries([...query].filter(([, value]) => value !== ""));
}
