import type { SignedRequest } from "../../shared/channels/channel.ts";
import { ServiceError } from "../../shared/errors.ts";
import { readBody } from "../../shared/http/read-body.ts";
import type { Wake } from "../../shared/ingest/ingest.ts";
import { keep } from "../spool/keep.ts";
import type { Tools } from "../tools.ts";
import { readEvents } from "./read-events.ts";

/** Meta's own bound on a webhook body; no other provider sends more. */
export const MAX_WEBHOOK_BYTES = 3 * 1024 * 1024;

export interface Source {
  provider: string;
  /**
   * Asks nobody but this isolate and the Spool's storage, so that webhooks are told from forgeries while Postgres is away.
   */
  verify: (request: SignedRequest) => Promise<boolean>;
  /** Milliseconds that Postgres has to store a webhook: the answer must come well before the provider gives up. */
  budget_ms: number;
}

/**
 * A provider's webhook, from bytes to rows: size, signature over the raw bytes, and only then parsing (F10). When this
 * returns, every item of the body is in Postgres or the whole body in the Spool's storage (F8); when it throws, the
 * provider keeps it and delivers it again.
 * @returns conversations to be woken
 */
export async function receive(request: Request, source: Source, env: Env, tools: Tools): Promise<Wake[]> {
  const received_at = tools.now();
  const body = await readBody(request, MAX_WEBHOOK_BYTES);
  if (!body) throw new ServiceError("too_large", `A webhook body may have ${MAX_WEBHOOK_BYTES} bytes at most.`);
  if (!(await source.verify({ url: request.url, headers: request.headers, body }))) {
    throw new ServiceError("unauthorized", "The signature does not match the body.");
  }
  const { provider, budget_ms } = source;
  const events = await readEvents(provider, body);
  return keep({ webhook: { provider, received_at, body }, events, budget_ms }, env, tools);
}
