import type { Waiting } from "./store.ts";

/**
 * The beginning of the line, sorted into lanes that may go beside one another. One that concerns several customers goes
 * alone: it waits for all before it, and all behind wait for it.
 */
export function lanesOf(line: Waiting[]): Waiting[][] {
  const lanes = new Map<string, Waiting[]>();
  for (const webhook of line) {
    if (webhook.lane === null) return lanes.size === 0 ? [[webhook]] : [...lanes.values()];
    const lane = lanes.get(webhook.lane);
    if (lane) lane.push(webhook);
    else lanes.set(webhook.lane, [webhook]);
  }
  return [...lanes.values()];
}
