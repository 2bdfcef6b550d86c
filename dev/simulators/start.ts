import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createControl } from "./control/create.ts";
import type { Host } from "./control/create.ts";
import { createGemini } from "./gemini/create.ts";
import type { GeminiOptions } from "./gemini/create.ts";
import type { ScriptEntry } from "./gemini/script.ts";
import { createMeta } from "./meta/create.ts";
import type { MetaOptions } from "./meta/create.ts";
import { createTelnyx } from "./telnyx/create.ts";
import type { Telnyx, TelnyxOptions } from "./telnyx/create.ts";
import type { TelnyxNumber } from "./telnyx/numbers.ts";
import { createTwilio } from "./twilio/create.ts";
import type { Twilio, TwilioOptions } from "./twilio/create.ts";
import { createUltravox } from "./ultravox/create.ts";
import type { Ultravox, UltravoxOptions } from "./ultravox/create.ts";
import type { InboundInput, InboundResult } from "./meta/inbound.ts";
import type { BusinessNumber } from "./meta/numbers.ts";
import { createFaultBook } from "./server/fault-book.ts";
import type { FaultInput } from "./server/fault-book.ts";
import { createRequestLog } from "./server/request-log.ts";
import type { RequestLog } from "./server/request-log.ts";
import { createSimulatorServer } from "./server/serve.ts";
import { createTimers } from "./server/timers.ts";

export interface SimulatorOptions {
  /** 0 or left out: any free port. */
  port?: number;
  /** Where webhooks go, without a path; asked at each delivery, as the worker may start later than we do. */
  worker_url: () => string;
  meta: MetaOptions;
  gemini: GeminiOptions;
  twilio?: TwilioOptions;
  telnyx?: TelnyxOptions;
  ultravox?: UltravoxOptions;
  host?: Host;
  /** Unix milliseconds. */
  clock?: () => number;
  /** How many provider requests to remember; 0 records none. */
  log_limit?: number;
}

export interface Simulators {
  /** `http://127.0.0.1:port`: base of Graph (`/v25.0`), Gemini (`/v1beta`), Twilio (`/2010-04-01`), Telnyx (`/v2`), Ultravox (`/api`) and the control (`/_sim`). */
  url: string;
  close(): Promise<void>;
  /** What the control does, for callers in the same process. */
  api: {
    addNumber(number: BusinessNumber): void;
    twilio: Pick<Twilio, "accounts" | "numbers">;
    telnyx: Telnyx["accounts"];
    /** Its account too, when there is none yet. */
    addTelnyxNumber(number: TelnyxNumber): void;
    ultravox: Ultravox["accounts"];
    inbound(input: InboundInput & { provider?: "meta" | "twilio" | "telnyx" }): Promise<InboundResult>;
    /** A customer calls a number of Telnyx's. */
    call(input: InboundInput): Promise<InboundResult>;
    setModel(entries: ScriptEntry[]): void;
    clearModel(): void;
    addFault(fault: FaultInput): number;
    clearFaults(): void;
    requests: RequestLog["list"];
    clearRequests(): void;
  };
}

const LOG_LIMIT = 50_000;

/** Starts the providers' simulators on one port of this machine. */
export async function startSimulators(options: SimulatorOptions): Promise<Simulators> {
  const clock = options.clock ?? Date.now;
  const timers = createTimers();
  const faults = createFaultBook();
  const log = createRequestLog(options.log_limit ?? LOG_LIMIT);
  let url = "";
  const meta = createMeta(options.meta, {
    worker_url: options.worker_url,
    base_url: () => url,
    faults,
    timers,
    clock,
  });
  const gemini = createGemini(options.gemini, { timers, clock });
  const { worker_url } = options;
  const ultravox = createUltravox(options.ultravox, { worker_url, faults, timers, clock });
  const twilio = createTwilio(options.twilio, { worker_url, faults, timers, clock });
  const agents = () => ultravox.calls;
  const telnyx = createTelnyx(options.telnyx, { worker_url, faults, timers, clock, agents });
  const control = createControl({ meta, gemini, twilio, telnyx, ultravox, faults, log, host: options.host ?? {} });
  const server = createSimulatorServer({
    routes: [...meta.routes, ...gemini.routes, ...twilio.routes, ...telnyx.routes, ...ultravox.routes],
    control,
    log,
    faults,
    timers,
    clock,
  });

  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url,
    async close() {
      timers.close();
      meta.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    api: {
      addNumber: (number) => meta.numbers.add(number),
      twilio,
      telnyx: telnyx.accounts,
      addTelnyxNumber: (number) => {
        telnyx.accounts.add(number.api_key);
        telnyx.numbers.add(number);
      },
      ultravox: ultravox.accounts,
      inbound: ({ provider = "meta", ...input }) => ({ meta, twilio, telnyx })[provider].inbound(input),
      call: (input) => telnyx.calls.inbound(input),
      setModel: (entries) => gemini.script.set(entries),
      clearModel: () => gemini.script.clear(),
      addFault: (fault) => faults.add(fault),
      clearFaults: () => faults.clear(),
      requests: (filter) => log.list(filter),
      clearRequests: () => log.clear(),
    },
  };
}
