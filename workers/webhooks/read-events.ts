import type { ProviderEvent } from "../../shared/channels/events.ts";
import { meta } from "../../shared/channels/meta/index.ts";
import { ofOrganization, readOrganization, telnyx } from "../../shared/channels/telnyx/index.ts";
import { normalise as normaliseTwilio } from "../../shared/channels/twilio/index.ts";
import { ServiceError } from "../../shared/errors.ts";

type Read = (body: Uint8Array, received_at: number) => Promise<ProviderEvent[]>;

/** How each provider's bodies are read: the same for one that has just come and for one that waited in the Spool. */
const READERS: Record<string, Read> = {
  meta: async (body) => meta.normalise(parseJson(body)),
  telnyx: async (kept) => {
    const { org_id, body } = readOrganization(kept);
    return ofOrganization(org_id, await telnyx.normalise(parseJson(body)));
  },
  twilio: async (body, received_at) => normaliseTwilio(body, received_at),
};

/**
 * The events in a verified webhook body.
 *
 * @param received_at unix milliseconds at our edge: when it happened, for providers that do not say
 * @throws ServiceError invalid_input when the body is not in the provider's notation at all
 */
export async function readEvents(provider: string, body: Uint8Array, received_at: number): Promise<ProviderEvent[]> {
  const read = READERS[provider];
  if (!read) throw new Error(`No provider is called ${provider}`);
  return read(body, received_at);
}

/** @throws ServiceError invalid_input */
export function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch (cause) {
    throw new ServiceError("invalid_input", "The body is not JSON.", undefined, { cause });
  }
}
