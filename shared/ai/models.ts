/**
 * What we know of a model. `thinking` is the parameter by which its thinking is bounded: the 2.5 models take
 * `thinkingBudget` in tokens, the 3.x models `thinkingLevel`; `temperature` whether a value of ours has an effect
 * (gemini-3.5-flash-lite and later ignore it).
 */
export interface ModelTraits {
  thinking: "budget" | "level" | "none";
  temperature: boolean;
}

interface KnownModel extends ModelTraits {
  /** First day, UTC, on which the vendor no longer serves the name. */
  retires?: string;
  /** The vendor's replacement of about the same price. */
  successor?: string;
}

export interface ResolvedModel {
  /** The name to ask for first. */
  model: string;
  /** `model`, then what to ask for when the vendor answers 404, in order (F64). */
  chain: string[];
  /** Why `model` is not the name given, or null when it is. */
  substituted: "retired" | "not_a_model_name" | null;
}

export interface Retirement {
  model: string;
  retires_at: Date;
  successor: string;
}

export const DEFAULT_MODEL = "gemini-2.5-flash";

/** Asked for last, when nothing nearer to the wish is served. */
const LAST_RESORTS = ["gemini-3.5-flash-lite", "gemini-2.5-flash-lite"];

const MODEL_NAME = /^[a-z0-9][a-z0-9.-]{0,99}$/;

/** Google's deprecation list (ai.google.dev/gemini-api/docs/deprecations), as of November 2026. */
const KNOWN = new Map<string, KnownModel>([
  [
    "gemini-2.0-flash",
    { thinking: "none", temperature: true, retires: "2026-06-01", successor: "gemini-3.5-flash-lite" },
  ],
  [
    "gemini-2.0-flash-lite",
    { thinking: "none", temperature: true, retires: "2026-06-01", successor: "gemini-2.5-flash-lite" },
  ],
  [
    "gemini-2.5-flash",
    { thinking: "budget", temperature: true, retires: "2026-12-01", successor: "gemini-3.5-flash-lite" },
  ],
  ["gemini-2.5-flash-lite", { thinking: "budget", temperature: true }],
  ["gemini-2.5-pro", { thinking: "budget", temperature: true, retires: "2026-12-01", successor: "gemini-3.8-flash" }],
  [
    "gemini-3.1-flash-lite",
    { thinking: "level", temperature: true, retires: "2027-05-07", successor: "gemini-3.5-flash-lite" },
  ],
  ["gemini-3.5-flash", { thinking: "level", temperature: true }],
  ["gemini-3.5-flash-lite", { thinking: "level", temperature: false }],
  ["gemini-3.8-flash", { thinking: "level", temperature: false }],
]);

/** A name without its resource prefix and pinned revision: `models/gemini-2.5-flash-001` → `gemini-2.5-flash`. */
export function baseName(name: string): string {
  return cleanName(name).replace(/-\d{3}$/, "");
}

/**
 * The model to ask for a name that a business has set (F64). Retired names are followed to a served one; what cannot
 * be a model's name, and would end up in a URL, becomes the default. A name we do not know is asked for as it is.
 *
 * @param name as in `businesses.ai_model`
 * @param now decides which names are retired
 */
export function resolveModel(name: string, now: Date): ResolvedModel {
  const wanted = cleanName(name);
  const valid = MODEL_NAME.test(wanted);
  const start = valid ? wanted : DEFAULT_MODEL;
  const model = followRetirements(start, now);
  const successor = KNOWN.get(baseName(model))?.successor;
  const chain = [...new Set([model, ...(successor ? [successor] : []), ...LAST_RESORTS])];
  return { model, chain, substituted: valid ? (model === wanted ? null : "retired") : "not_a_model_name" };
}

/**
 * Which parameters a model takes. Of a model that we do not know, only the way of thinking is guessed, by its
 * generation; anything else is left at the vendor's default (F65).
 */
export function modelTraits(name: string): ModelTraits {
  const base = baseName(name);
  const known = KNOWN.get(base);
  if (known) return { thinking: known.thinking, temperature: known.temperature };
  const generation = Number(/^gemini-(\d+(?:\.\d+)?)-/.exec(base)?.[1] ?? Number.NaN);
  if (generation === 2.5) return { thinking: "budget", temperature: true };
  return { thinking: generation >= 3 ? "level" : "none", temperature: generation < 3 };
}

/** The known models whose retirement lies within the next `days`, soonest first, to be told to an operator (F64). */
export function retiringWithin(days: number, now: Date): Retirement[] {
  const until = now.getTime() + days * 86_400_000;
  return [...KNOWN]
    .flatMap(([model, { retires, successor }]) =>
      retires && successor ? [{ model, retires_at: new Date(retires), successor }] : [],
    )
    .filter(({ retires_at }) => retires_at > now && retires_at.getTime() <= until)
    .toSorted((a, b) => a.retires_at.getTime() - b.retires_at.getTime());
}

function cleanName(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/^models\//, "");
}

function followRetirements(name: string, now: Date): string {
  const known = KNOWN.get(baseName(name));
  if (!known?.retires || !known.successor || new Date(known.retires) > now) return name;
  return followRetirements(known.successor, now);
}
