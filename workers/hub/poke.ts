/** How long an isolate takes a Hub's word that nobody listens; the Hub's own sweep serves whoever comes meanwhile. */
const QUIET_MS = 5_000;

/** The Hubs, as far as they are called here. */
export interface Hubs {
  getByName(org_id: string): { poke(): Promise<boolean> };
}

interface Poking {
  quiet_until: number;
  under_way: boolean;
  again: boolean;
}

const pokings = new WeakMap<object, Map<string, Poking>>();

/**
 * Tells the Hubs of these organizations that something was written. Of many writes at once the last is told, and of an
 * organization that nobody listens to hardly any: webhooks come by the hundreds.
 */
export async function pokeAll(hubs: Hubs, org_ids: string[], now: () => number): Promise<void> {
  const known = pokings.get(hubs) ?? new Map<string, Poking>();
  pokings.set(hubs, known);
  await Promise.all(
    org_ids.map(async (org_id) => {
      const poking = known.get(org_id) ?? { quiet_until: 0, under_way: false, again: false };
      known.set(org_id, poking);
      if (now() < poking.quiet_until) return;
      if (poking.under_way) {
        poking.again = true;
        return;
      }
      poking.under_way = true;
      try {
        do {
          poking.again = false;
          if (!(await hubs.getByName(org_id).poke())) poking.quiet_until = now() + QUIET_MS;
        } while (poking.again);
      } finally {
        poking.under_way = false;
      }
    }),
  );
}
