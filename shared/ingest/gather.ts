/** Calls that store several items at once. */
export interface Gathering<Item, Result> {
  /** Stores an item, alone or with others. Resolves or rejects with what became of this one. */
  add(item: Item): Promise<Result>;
  /** Whether nothing is under way. */
  idle(): boolean;
}

export interface GatherOptions<Item, Result> {
  /** Stores all items of a call; one result an item, in their order. When it throws, none is stored. */
  store(items: Item[]): Promise<Result[]>;
  /** How much of a call an item takes up. One that is heavier than a whole call goes alone. */
  weigh(item: Item): number;
  max_weight: number;
  /** Calls under way at once; what arrives meanwhile is gathered. */
  at_once: number;
  /** After so long a call no longer keeps others waiting: whoever made it may be gone. */
  patience_ms: number;
  /** Whether what was stored in company may succeed alone. */
  worthAlone(error: unknown): boolean;
  /** Keeps a call going though the request that makes it is cancelled: others wait for it too. */
  keepAlive(work: Promise<unknown>): void;
  /** Milliseconds. */
  now(): number;
}

interface Member<Item, Result> {
  item: Item;
  settled: PromiseWithResolvers<Result>;
}

interface Call<Item, Result> {
  members: Member<Item, Result>[];
  weight: number;
  began_at: number;
  /** Resolves when it may begin. */
  turn: PromiseWithResolvers<void>;
}

/**
 * Group commit: an item that comes while nothing is under way is stored at once, and those that come meanwhile go
 * together in the next call, in their order. The busier it gets the more items share a call, and nobody waits longer than
 * for the call before his own.
 */
export function createGathering<Item, Result>(options: GatherOptions<Item, Result>): Gathering<Item, Result> {
  const { weigh, max_weight, at_once, patience_ms, keepAlive, now } = options;
  const under_way = new Set<Call<Item, Result>>();
  const waiting: Call<Item, Result>[] = [];

  const begin = (call: Call<Item, Result>) => {
    call.began_at = now();
    under_way.add(call);
    call.turn.resolve();
  };
  const end = (call: Call<Item, Result>) => {
    // one that was given up has ended already
    if (!under_way.delete(call)) return;
    const next = waiting.shift();
    if (next) begin(next);
  };

  return {
    add(item) {
      for (const call of under_way) if (now() - call.began_at > patience_ms) end(call);
      const member: Member<Item, Result> = { item, settled: Promise.withResolvers() };
      const weight = weigh(item);
      const last = waiting.at(-1);
      if (last && last.weight + weight <= max_weight) {
        last.members.push(member);
        last.weight += weight;
      } else {
        const call = { members: [member], weight, began_at: now(), turn: Promise.withResolvers<void>() };
        keepAlive(call.turn.promise.then(() => make(call.members, options)).finally(() => end(call)));
        if (under_way.size < at_once) begin(call);
        else waiting.push(call);
      }
      return member.settled.promise;
    },
    idle: () => under_way.size === 0,
  };
}

/** Never rejects: every member learns for itself what became of it. */
async function make<Item, Result>(
  members: Member<Item, Result>[],
  { store, worthAlone }: Pick<GatherOptions<Item, Result>, "store" | "worthAlone">,
): Promise<void> {
  try {
    const results = await store(members.map(({ item }) => item));
    for (const [i, { settled }] of members.entries()) settled.resolve(results[i] as Result);
  } catch (error) {
    if (members.length > 1 && worthAlone(error)) {
      for (const member of members) await make([member], { store, worthAlone });
    } else {
      for (const { settled } of members) settled.reject(error);
    }
  }
}
