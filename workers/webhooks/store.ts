import { waitUntil } from "cloudflare:workers";
import type { ProviderEvent } from "../../shared/channels/events.ts";
import { createGathering } from "../../shared/ingest/gather.ts";
import type { Gathering } from "../../shared/ingest/gather.ts";
import { ingest } from "../../shared/ingest/ingest.ts";
import type { Ingested } from "../../shared/ingest/ingest.ts";
import { accountOf } from "../../shared/spool/place.ts";
import { isRefusal } from "../../shared/spool/refusal.ts";
import type { Tools } from "../tools.ts";

/** What one call takes together. */
const MAX_EVENTS = 100;
const MAX_BYTES = 256 * 1024;
/** A webhook that fills so much of a call has little to gain from company. */
const LARGE = 0.25;
/** Calls that one account may have under way, so that the others have their share of Postgres (F24). */
const AT_ONCE = { small: 1, large: 4 };
/** No provider waits so long: by then every webhook of the call has gone to the Spool. */
const PATIENCE_MS = 5_000;

interface Item {
  webhook: { provider: string; received_at: number; body: Uint8Array };
  events: ProviderEvent[];
}

/** What one isolate is storing, by account and size. */
const accounts = new WeakMap<object, Map<string, Gathering<Item, Ingested>>>();

/**
 * Stores a webhook's events in Postgres, together with those of its account that came while a call was under way. When
 * it returns, they are durable; when it throws, nothing is known of them.
 */
export async function store(item: Item, env: Env, tools: Tools): Promise<Ingested> {
  const busy = accounts.get(env) ?? new Map<string, Gathering<Item, Ingested>>();
  accounts.set(env, busy);
  const size = weigh(item) < LARGE ? "small" : "large";
  const key = `${size} ${item.webhook.provider}/${accountOf(item.events)}`;
  const gathering = busy.get(key) ?? gather(AT_ONCE[size], tools);
  busy.set(key, gathering);
  try {
    return await gathering.add(item);
  } finally {
    if (gathering.idle() && busy.get(key) === gathering) busy.delete(key);
  }
}

/** The share of a call that a webhook takes up. */
function weigh({ webhook, events }: Item): number {
  return Math.max(events.length / MAX_EVENTS, webhook.body.byteLength / MAX_BYTES);
}

function gather(at_once: number, { exec, now }: Tools): Gathering<Item, Ingested> {
  return createGathering<Item, Ingested>({
    async store(items) {
      const [first] = items;
      if (!first) return [];
      const { outcomes, wake } = await ingest(exec, {
        provider: first.webhook.provider,
        // of those that waited for the call before, the last: none was received later than that
        received_at: Math.max(...items.map(({ webhook }) => webhook.received_at)),
        events: items.flatMap(({ events }) => events),
      });
      let taken = 0;
      return items.map(({ events }, i) => ({
        outcomes: outcomes.slice(taken, (taken += events.length)),
        // a conversation is woken once, and whoever made the call is the one who sees to it
        wake: i === 0 ? wake : [],
      }));
    },
    weigh,
    max_weight: 1,
    at_once,
    patience_ms: PATIENCE_MS,
    worthAlone: isRefusal,
    keepAlive: waitUntil,
    now,
  });
}
