import type { Usage } from "./model.ts";

/** Says how the writer of each text feels, whichever vendor stands behind it. */
export interface Rater {
  /** Never throws. */
  rate(texts: string[]): Promise<Rated>;
}

interface Call {
  requested_model: string;
  served_model: string;
  usage: Usage;
}

export type Rated =
  /** One number from −1 to 1 a text, in their order; null where the model would not say. */
  | ({ outcome: "ratings"; ratings: (number | null)[] } & Call)
  /** The model answered something else: asking again would give the same. */
  | ({ outcome: "unusable" } & Call)
  | { outcome: "error"; code: string; message: string };
