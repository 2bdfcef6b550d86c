import { waitUntil } from "cloudflare:workers";
import type { SignedRequest } from "../../shared/channels/channel.ts";
import type { Wake } from "../../shared/ingest/ingest.ts";
import { enqueueMedia } from "../media/enqueue.ts";
import { keep } from "../spool/keep.ts";
import type { Tools } from "../tools.ts";
import { readEvents } from "./read-events.ts";
import { readSigned } from "./read-signed.ts";

/** Meta's own bound on a webhook body; no other provider sends more. */
export const MAX_WEBHOOK_BYTES = 3 * 1024 * 1024;

export interface Source {
  provider: string;
  /**
   * Where all tenants share a secret it asks nobody. Where each has its own, the tenant is found first; what an isolate has
   * seen of it before still tells webhooks from forgeries while Postgres is away.
   * @throws ServiceError not_found when no tenant is meant
   */
  verify: (request: SignedRequest) => Promise<boolean>;
  /** What is kept and read of a verified request, where that is not its body alone: the address may say more. */
  content?: (request: SignedRequest) => Uint8Array;
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
  const signed = await readSigned(request, MAX_WEBHOOK_BYTES, "A webhook body", source.verify);
  const { provider, budget_ms } = source;
  const body = source.content?.(signed) ?? signed.body;
  const events = await readEvents(provider, body, received_at);
  const wake = await keep({ webhook: { provider, received_at, body }, events, budget_ms }, env, tools);
  // no message waits for its file, and the sweep finds one that was not put into the queue (F22)
  if (events.some((event) => event.kind === "message" && event.media !== undefined))
    waitUntil(enqueueMedia(env, tools));
  return wake;
}
