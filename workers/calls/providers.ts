import type { CallSecrets } from "../../shared/calls/act.ts";
import type { Carrier } from "../../shared/channels/carrier.ts";
import { createTelnyxCarrier } from "../../shared/channels/telnyx/index.ts";
import { createUltravoxAgents } from "../../shared/channels/ultravox/index.ts";
import type { VoiceAgents } from "../../shared/channels/voice-agent.ts";
import type { SealedSecret } from "../../shared/sending/attempt.ts";
import { unseal } from "../../shared/vault/seal.ts";
import type { Tools } from "../tools.ts";

type Opening = Pick<Tools, "vault" | "config">;

/** Telnyx with an organization's key; null when none is stored that opens. */
export async function telnyxOf({ telnyx }: Pick<CallSecrets, "telnyx">, tools: Opening): Promise<Carrier | null> {
  const api_key = await open(telnyx, tools);
  return api_key === null ? null : createTelnyxCarrier({ telnyx_url: tools.config.TELNYX_API_URL, api_key });
}

/** The voice agents of an organization; null when no key is stored that opens. */
export async function agentsOf(
  { ultravox }: Pick<CallSecrets, "ultravox">,
  tools: Opening,
): Promise<VoiceAgents | null> {
  const api_key = await open(ultravox, tools);
  return api_key === null ? null : createUltravoxAgents({ ultravox_url: tools.config.ULTRAVOX_API_URL, api_key });
}

async function open(secret: SealedSecret | null, { vault }: Opening): Promise<string | null> {
  return secret === null ? null : unseal(await vault, secret, secret.value);
}
