/** As wide as the column `messages.embedding`. */
export const EMBEDDING_DIMENSIONS = 1536;

/** Turns texts into places in a space where what means the same lies together, whichever vendor stands behind it. */
export interface Embedder {
  /**
   * Never throws.
   * @param task stored texts and questions about them are embedded differently
   */
  embed(texts: string[], task: "document" | "query"): Promise<Embedded>;
}

export type Embedded =
  /** One vector of unit length a text, in their order. */
  { outcome: "vectors"; model: string; vectors: number[][] } | { outcome: "error"; code: string; message: string };

/** The same direction with length 1: only then is a product of two vectors the cosine of their angle. Null without a direction. */
export function unit(vector: readonly number[]): number[] | null {
  const length = Math.hypot(...vector);
  return Number.isFinite(length) && length > 0 ? vector.map((value) => value / length) : null;
}
