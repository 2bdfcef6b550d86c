/** The seven laws, as the invariants name them. */
export const LAWS = ["Conservation", "Once", "Convergence", "Freshness", "One gate", "Isolation", "Truth"] as const;
export type Law = (typeof LAWS)[number];

/** Text that stands exactly once in its file, and what takes its place. */
export interface Change {
  file: string;
  find: string;
  replace: string;
}

/** The product with one thing taken from it that a law stands on. */
export interface Mutant {
  name: string;
  law: Law;
  changes: Change[];
  /** The test files that must notice, and which of their tests (a pattern over titles). */
  suite: { files: string[]; tests: string };
}
