/** What timelines show. All but the first two must be zero. */
export interface Findings {
  ai_sends: number;
  /** AI sends that a line or an act overtook between their claim and their provider call: the window that remains. */
  overtaken_in_flight: number;
  /** Sent although a line had come, before the claim, that the turn had not read. */
  stale_sends: number;
  /** Sent although a person had acted since the turn read the conversation, or the AI was not to speak. */
  after_human: number;
  /** Sent although sending by itself was off when the turn decided. */
  against_switch: number;
  /** Lines answered by more than one AI message. */
  answered_twice: number;
  /** Messages that the provider accepted more than once. */
  doubled: number;
}

export const NOTHING: Readonly<Findings> = {
  ai_sends: 0,
  overtaken_in_flight: 0,
  stale_sends: 0,
  after_human: 0,
  against_switch: 0,
  answered_twice: 0,
  doubled: 0,
};

/** What must be zero. */
export const FAULTS = [
  "stale_sends",
  "after_human",
  "against_switch",
  "answered_twice",
  "doubled",
] as const satisfies (keyof Findings)[];

export function addFindings(sum: Findings, more: Findings): void {
  for (const name of Object.keys(NOTHING) as (keyof Findings)[]) sum[name] += more[name];
}
