interface ServedModel {
  does: "generateContent" | "embedContent";
  /** How thinking is bounded: a token budget up to 2.5, a level from 3 on. */
  thinking?: "budget" | "level";
  /** From `at` (unix milliseconds) on, requests are served by `by`. */
  replaced?: { at: number; by: string };
}

/** Models on offer. Names that are not here are unknown or long retired: 404. */
const MODELS: Record<string, ServedModel> = {
  "gemini-2.5-flash": {
    does: "generateContent",
    thinking: "budget",
    replaced: { at: Date.UTC(2026, 11, 1), by: "gemini-3.5-flash-lite" },
  },
  "gemini-2.5-flash-lite": { does: "generateContent", thinking: "budget" },
  "gemini-2.5-pro": { does: "generateContent", thinking: "budget" },
  "gemini-3.5-flash-lite": { does: "generateContent", thinking: "level" },
  "gemini-3.8-flash": { does: "generateContent", thinking: "level" },
  "gemini-embedding-001": { does: "embedContent" },
  "gemini-embedding-2": { does: "embedContent" },
};

/** The model that serves a name at `now`, with the name it reports as `modelVersion`; null when there is none. */
export function servedModel(
  name: string,
  does: ServedModel["does"],
  now: number,
): { name: string; thinking: "budget" | "level" | undefined; redirected: boolean } | null {
  const model = Object.hasOwn(MODELS, name) ? MODELS[name] : undefined;
  if (!model || model.does !== does) return null;
  const replacement = model.replaced && now >= model.replaced.at ? model.replaced.by : undefined;
  return { name: replacement ?? name, thinking: model.thinking, redirected: replacement !== undefined };
}
