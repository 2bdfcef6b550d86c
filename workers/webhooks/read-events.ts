import type { ProviderEvent } from "../../shared/channels/events.ts";
import { meta } from "../../shared/channels/meta/index.ts";
import { ServiceError } from "../../shared/errors.ts";

type Read = (body: Uint8Array) => Promise<ProviderEvent[]>;

/** How each provider's bodies are read: the same for one that has just come and for one that waited in the Spool. */
const READERS: Record<string, Read> = {
  meta: async (body) => meta.normalise(parseJson(body)),
};

/**
 * The events in a verified webhook body.
 * @throws ServiceError invalid_input when the body is not in the provider's notation at all
 */
export async function readEvents(provider: string, body: Uint8Array): Promise<ProviderEvent[]> {
  const read = READERS[provider];
  if (!read) throw new Error(`No provider is called ${provider}`);
  return read(body);
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch (cause) {
    throw new ServiceError("invalid_input", "The body is not JSON.", undefined, { cause });
  }
}
