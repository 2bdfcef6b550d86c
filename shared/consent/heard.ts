import type { ContactRef, Preference, ProviderEvent } from "../channels/events.ts";
import { keywordOf } from "./keyword.ts";
import type { Keyword } from "./keyword.ts";

/** What a webhook says about consent, in the form that `heed_consent_v1` takes. */
export interface Heard {
  lines: (Keyword & { account: string; provider_id: string })[];
  preferences: (Omit<Preference, "contact"> & { account: string | null; entry: string; contact: ContactRef })[];
}

/** Types whose content the customer has typed or tapped. */
const SPOKEN = new Set(["text", "button", "interactive"]);

/**
 * The customers' lines that are keywords, and the preferences that the provider reports; null when there are none.
 * History counts as well: a stop of last month is still a stop.
 */
export function heardIn(events: readonly ProviderEvent[]): Heard | null {
  const heard: Heard = { lines: [], preferences: [] };
  // an item that the database will refuse, whatever it is, must not keep its neighbours from it
  for (const event of events as readonly (ProviderEvent | null)[]) {
    if (event?.kind === "account") {
      const { account, entry, preferences = [] } = event;
      heard.preferences.push(...preferences.map((preference) => ({ account, entry, ...preference })));
    } else if (event?.kind === "message" && event.direction === "inbound" && event.account !== null) {
      const spoken = SPOKEN.has(event.type) && typeof event.content === "string";
      const keyword = spoken ? keywordOf(event.content) : undefined;
      if (keyword) heard.lines.push({ account: event.account, provider_id: event.provider_id, ...keyword });
    }
  }
  return heard.lines.length + heard.preferences.length > 0 ? heard : null;
}
