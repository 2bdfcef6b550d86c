import { baseName } from "./models.ts";

/** US dollars ×10⁻⁶ for a million tokens: 300_000 is $0.30. */
export interface Price {
  input: number;
  /** Input that the vendor found in its cache. */
  cached: number;
  /** Answer and thinking alike (F165). */
  output: number;
}

/** `listed`: the model's own price. `family`: not listed, priced as the dearest listed model of its kind. */
export type PriceBasis = "listed" | "family";

export interface TokenCounts {
  /** Cached ones included, as the vendor counts. */
  prompt_tokens: number;
  /** Thinking included. */
  output_tokens: number;
  cached_tokens: number;
}

interface DatedPrice extends Price {
  model: string;
  /** First day, UTC. */
  from: string;
}

/** Google's paid tier for text (ai.google.dev/gemini-api/docs/pricing), as of November 2026; oldest first for each model. */
const PRICES: DatedPrice[] = [
  { model: "gemini-2.5-flash", from: "2025-06-17", input: 300_000, cached: 30_000, output: 2_500_000 },
  { model: "gemini-2.5-flash-lite", from: "2025-07-22", input: 100_000, cached: 10_000, output: 400_000 },
  { model: "gemini-2.5-pro", from: "2025-06-17", input: 1_250_000, cached: 125_000, output: 10_000_000 },
  { model: "gemini-3.1-flash-lite", from: "2026-05-07", input: 250_000, cached: 25_000, output: 1_500_000 },
  { model: "gemini-3.5-flash", from: "2026-05-19", input: 1_500_000, cached: 150_000, output: 9_000_000 },
  { model: "gemini-3.5-flash-lite", from: "2026-07-21", input: 300_000, cached: 30_000, output: 2_500_000 },
  { model: "gemini-3.8-flash", from: "2026-09-02", input: 750_000, cached: 75_000, output: 3_750_000 },
  { model: "gemini-3.8-flash", from: "2027-01-01", input: 1_500_000, cached: 150_000, output: 7_500_000 },
];

/**
 * What a model costs at a moment. A model that is not listed costs what the dearest listed one of its kind (lite, flash,
 * pro) costs, and failing that the dearest of all: a budget may be reached early by a guess, never overrun by one.
 */
export function priceOf(model: string, now: Date): Price & { basis: PriceBasis } {
  const base = baseName(model);
  const current = pricesAt(now);
  const listed = current.find((price) => price.model === base);
  if (listed) return { ...pick(listed), basis: "listed" };
  const kin = current.filter((price) => kindOf(price.model) === kindOf(base));
  const candidates = kin.length > 0 ? kin : current;
  return {
    input: Math.max(...candidates.map((price) => price.input)),
    cached: Math.max(...candidates.map((price) => price.cached)),
    output: Math.max(...candidates.map((price) => price.output)),
    basis: "family",
  };
}

/**
 * The cost of one call in US dollars ×10⁻⁶, a whole number, rounded up so that no call that used tokens is free (F165).
 *
 * @param model the model that answered, not the one asked for
 */
export function cost(tokens: TokenCounts, model: string, now: Date): { cost_micro_usd: number; basis: PriceBasis } {
  const { basis, ...price } = priceOf(model, now);
  const cached = Math.min(tokens.cached_tokens, tokens.prompt_tokens);
  const total =
    (tokens.prompt_tokens - cached) * price.input + cached * price.cached + tokens.output_tokens * price.output;
  return { cost_micro_usd: Math.ceil(total / 1_000_000), basis };
}

/** The price in force for each model; the first one known when none has begun yet. */
function pricesAt(now: Date): DatedPrice[] {
  const current = new Map<string, DatedPrice>();
  for (const price of PRICES) {
    if (!current.has(price.model) || new Date(price.from) <= now) current.set(price.model, price);
  }
  return [...current.values()];
}

function kindOf(model: string): string {
  return /-(flash-lite|flash|pro)(?=-|$)/.exec(model)?.[1] ?? "";
}

function pick({ input, cached, output }: Price): Price {
  return { input, cached, output };
}
