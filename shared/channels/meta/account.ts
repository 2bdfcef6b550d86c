import { sha256Hex } from "../../crypto/digest.ts";
import type { ProviderEvent } from "../events.ts";
import type { ReadEvent } from "./place.ts";

/**
 * Gives an account event its key: a digest of entry, number, time, field and value, because these events have no id and
 * Meta repeats them like any other. Other events pass.
 */
export async function withDedupe(event: ReadEvent): Promise<ProviderEvent> {
  if (event.kind !== "account") return event;
  const { entry, account, at, field, raw } = event;
  return { ...event, dedupe: await sha256Hex(JSON.stringify([entry, account, at, field, raw])) };
}
