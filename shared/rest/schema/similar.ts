/**
 * Likeness as PostgREST's hints have it (the algorithm is known as "fuzzy set"): candidates that share groups of letters,
 * of three or else of two, rated by how few letters must change.
 */

/** From 0 to 1, 1 for the same but for capitals. */
export function similarity(a: string, b: string): number {
  const [left, right] = [a.toLowerCase(), b.toLowerCase()];
  const longest = Math.max(left.length, right.length);
  return longest === 0 ? 1 : 1 - distance(left, right) / longest;
}

const LIKE_ENOUGH = 0.33;

/** The candidate most like `name`, if any is alike enough to be what was meant. */
export function closest<T>(name: string, candidates: T[], nameOf: (candidate: T) => string): T | undefined {
  for (const size of [3, 2]) {
    const wanted = groups(name, size);
    const rated = candidates.flatMap((candidate) => {
      const other = nameOf(candidate);
      return shares(wanted, groups(other, size)) ? [{ candidate, rate: similarity(name, other) }] : [];
    });
    const best = rated.toSorted((a, b) => b.rate - a.rate)[0];
    if (best && best.rate >= LIKE_ENOUGH) return best.candidate;
  }
  return undefined;
}

const shares = (a: ReadonlySet<string>, b: ReadonlySet<string>) => [...a].some((group) => b.has(group));

function groups(text: string, size: number): Set<string> {
  const plain = `-${text.toLowerCase().replaceAll(/[^\p{L}\p{N}, ]/gu, "")}-`.padEnd(size, "-");
  return new Set(Array.from({ length: plain.length - size + 1 }, (_, i) => plain.slice(i, i + size)));
}

/** Letters that must be added, dropped or changed to come from one text to the other (Levenshtein). */
export function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
