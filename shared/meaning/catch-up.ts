import type { Embedder, Rater } from "../ai/index.ts";
import { call } from "../db/call.ts";
import type { Exec } from "../db/exec.ts";
import type { Log } from "../log.ts";

export interface MeaningTools {
  exec: Exec;
  embedder: Embedder;
  rater: Rater;
  /** Unix milliseconds. */
  now: () => number;
  log: Log;
}

export interface CaughtUp {
  indexed: number;
  rated: number;
  /** Milliseconds until there may be more to do; null when nothing is known of. */
  next_due_in_ms: number | null;
}

interface Line {
  id: string;
  content: string;
}

interface Pending {
  /** Whether this database has a place for vectors. */
  vectors: boolean;
  to_index: (Line & { digest: string })[];
  to_rate: { org_id: string; lines: (Line & { type: string })[] } | null;
  next_due_in_ms: number | null;
}

/** A line younger than this may still be read, and rated, by an AI turn. */
const RATE_AFTER_SECONDS = 300;
const BATCH = 50;
const AWAY_MS = 60_000;
/** What stands for a message without words: "[image]". */
const PLACEHOLDER = /^\[[^\]]*\]$/;

/**
 * Embeds and rates what nobody has yet, newest first, until all is done or the time is up. What could not be done because
 * a model is away is done by a later run: nothing is marked before it is written.
 *
 * @param budget_ms no batch begins later than this
 */
export async function catchUp(
  tools: MeaningTools,
  budget_ms: number,
  rate_after_seconds = RATE_AFTER_SECONDS,
): Promise<CaughtUp> {
  const until = tools.now() + budget_ms;
  const sum: CaughtUp = { indexed: 0, rated: 0, next_due_in_ms: null };
  for (;;) {
    const pending = await call<Pending>(tools.exec, "meaning_pending_v1", { limit: BATCH, rate_after_seconds });
    const { to_index, to_rate } = pending;
    if (to_index.length === 0 && to_rate === null) return { ...sum, next_due_in_ms: pending.next_due_in_ms };
    const indexed = to_index.length === 0 ? 0 : await index(pending, tools);
    const rated = to_rate === null ? 0 : await rate(to_rate, tools);
    sum.indexed += indexed ?? 0;
    sum.rated += rated ?? 0;
    const stuck = (to_index.length > 0 && !indexed) || (to_rate !== null && !rated);
    if (stuck) return { ...sum, next_due_in_ms: AWAY_MS };
    if (tools.now() >= until) return { ...sum, next_due_in_ms: 0 };
  }
}

/** How many were written; null when the model is away. */
async function index({ vectors, to_index }: Pending, { exec, embedder, log }: MeaningTools): Promise<number | null> {
  const spoken = vectors ? to_index.filter(({ content }) => content.trim() !== "" && !PLACEHOLDER.test(content)) : [];
  let model: string | null = null;
  const places = new Map<string, string>();
  if (spoken.length > 0) {
    const embedded = await embedder.embed(
      spoken.map(({ content }) => content),
      "document",
    );
    if (embedded.outcome === "error") {
      log("warn", "meaning.embedder_away", { code: embedded.code });
      return null;
    }
    model = embedded.model;
    for (const [i, vector] of embedded.vectors.entries()) places.set(spoken[i]?.id ?? "", vectorText(vector));
  }
  const messages = to_index.map(({ id, digest }) => ({ id, digest, vector: places.get(id) ?? null }));
  const { indexed } = await call<{ indexed: number }>(exec, "meaning_index_v1", { model, messages });
  return indexed;
}

async function rate(
  { org_id, lines }: NonNullable<Pending["to_rate"]>,
  { exec, rater, log }: MeaningTools,
): Promise<number | null> {
  const spoken = lines.filter(
    ({ content, type }) => type !== "reaction" && content.trim() !== "" && !PLACEHOLDER.test(content),
  );
  const rated = spoken.length > 0 ? await rater.rate(spoken.map(({ content }) => content)) : null;
  if (rated?.outcome === "error") {
    log("warn", "meaning.rater_away", { code: rated.code });
    return null;
  }
  const ratings = new Map(
    rated?.outcome === "ratings" ? spoken.map(({ id }, i) => [id, rated.ratings[i] ?? null] as const) : [],
  );
  const result = await call<{ rated: number }>(exec, "meaning_rate_v1", {
    org_id,
    model: rated?.served_model ?? "none",
    lines: lines.map(({ id }) => ({ id, sentiment: ratings.get(id) ?? null })),
    calls: rated === null ? 0 : 1,
    ...rated?.usage,
  });
  return result.rated;
}

/** A vector as the database reads it; seven digits are what its four bytes a number hold. */
export function vectorText(vector: readonly number[]): string {
  return `[${vector.map((value) => Number(value.toPrecision(7))).join(",")}]`;
}
