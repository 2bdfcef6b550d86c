/** How alike two names are, from 0 to 1: the share of groups of three letters that they have in common. */
export function similarity(a: string, b: string): number {
  const [left, right] = [trigrams(a), trigrams(b)];
  const common = [...left].filter((one) => right.has(one)).length;
  return common / (left.size + right.size - common);
}

/** The candidate most like `name`, if any is alike enough to be what was meant. */
export function closest<T>(name: string, candidates: T[], nameOf: (candidate: T) => string): T | undefined {
  const LIKE_ENOUGH = 0.4;
  const rated = candidates.map((candidate) => ({ candidate, rate: similarity(name, nameOf(candidate)) }));
  const best = rated.toSorted((a, b) => b.rate - a.rate)[0];
  return best && best.rate > LIKE_ENOUGH ? best.candidate : undefined;
}

function trigrams(text: string): Set<string> {
  const padded = `  ${text.toLowerCase()} `;
  return new Set(Array.from({ length: padded.length - 2 }, (_, i) => padded.slice(i, i + 3)));
}
