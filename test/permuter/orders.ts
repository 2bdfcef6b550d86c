import { seededRandom } from "../../dev/simulators/server/random.ts";

/** How events reach us: webhook bodies in their order, each with the events it holds, by their number. */
export type Delivery = number[][];

/** Longer lists have too many orders to try them all. */
const ALL_ORDERS_UP_TO = 6;
const SHARE_REPEATED = 0.3;
/** How often a body ends after an event: at each, as it falls, or never. */
const CUTS = [1, 0.5, 0];

/** All orders of a list; n! of them. */
export function permutations<T>(list: T[]): T[][] {
  if (list.length <= 1) return [list];
  return list.flatMap((first, i) =>
    permutations([...list.slice(0, i), ...list.slice(i + 1)]).map((rest) => [first, ...rest]),
  );
}

/** All lists of `length` elements of `of`, with repeats. */
export function arrangements<T>(of: T[], length: number): T[][] {
  if (length === 0) return [[]];
  return arrangements(of, length - 1).flatMap((rest) => of.map((first) => [first, ...rest]));
}

/**
 * Ways in which so many events may be delivered. Every order of up to six, `runs` random ones of more; in each, some
 * events come again later, and the bodies are cut at random. The same seed gives the same deliveries.
 */
export function deliveries(length: number, { seed, runs }: { seed: number; runs: number }): Delivery[] {
  const random = seededRandom(seed);
  const numbers = Array.from({ length }, (_, i) => i);
  const orders =
    length <= ALL_ORDERS_UP_TO ? permutations(numbers) : Array.from({ length: runs }, () => shuffled(numbers, random));
  return orders.map((order) => cut(withRepeats(order, random), random));
}

function shuffled<T>(list: T[], random: () => number): T[] {
  const left = [...list];
  return list.flatMap(() => left.splice(Math.floor(random() * left.length), 1));
}

function withRepeats(order: number[], random: () => number): number[] {
  const events = [...order];
  for (const event of order) {
    if (random() >= SHARE_REPEATED) continue;
    const first = events.indexOf(event);
    events.splice(first + 1 + Math.floor(random() * (events.length - first)), 0, event);
  }
  return events;
}

function cut(events: number[], random: () => number): Delivery {
  const share = CUTS[Math.floor(random() * CUTS.length)] ?? 1;
  const bodies: Delivery = [];
  let ended = true;
  for (const event of events) {
    if (ended) bodies.push([]);
    bodies.at(-1)?.push(event);
    ended = random() < share;
  }
  return bodies;
}
