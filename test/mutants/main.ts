import { parseArgs } from "node:util";
import { MUTANTS } from "./mutants.ts";
import type { Mutant } from "./mutant.ts";
import { runSuite } from "./suite.ts";
import { apply, copyTree, removeTree } from "./tree.ts";

const USAGE = "npm run mutants -- [part of a name]";
/** Suites at a time: each has a Postgres of its own. */
const AT_ONCE = 2;

interface Trial {
  mutant: Mutant;
  /** The first test that noticed; null when none did. */
  killed_by: string | null;
  /** Why the suite could not tell. */
  trouble: string | null;
  seconds: number;
}

/** Every tree is a copy of this one, so that a change made meanwhile does not mix two versions. */
async function trySuite(original: string, mutant: Mutant): Promise<Trial> {
  const started = performance.now();
  const tree = await copyTree(original);
  try {
    for (const change of mutant.changes) await apply(change, tree);
    const { failed, trouble } = await runSuite(tree, mutant.suite.files, mutant.suite.tests);
    return { mutant, killed_by: failed[0] ?? null, trouble, seconds: (performance.now() - started) / 1000 };
  } catch (error) {
    return { mutant, killed_by: null, trouble: String(error), seconds: (performance.now() - started) / 1000 };
  } finally {
    await removeTree(tree);
  }
}

/** The same tests on the product as it is: they must be green, or a red one would prove nothing. */
async function checkUnchanged(original: string, mutants: Mutant[]): Promise<string[]> {
  const files = [...new Set(mutants.flatMap(({ suite }) => suite.files))];
  const tests = mutants.map(({ suite }) => `(${suite.tests})`).join("|");
  const { failed, passed, trouble } = await runSuite(original, files, tests);
  if (trouble !== null) return [trouble];
  console.log(`unchanged: ${passed} passed, ${failed.length} failed`);
  return failed;
}

async function tryAll(original: string, mutants: Mutant[]): Promise<Trial[]> {
  const queue = mutants.values();
  const trials: Trial[] = [];
  const work = async () => {
    for (const mutant of queue) {
      const trial = await trySuite(original, mutant);
      console.log(row(trial));
      trials.push(trial);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return trials;
}

function row({ mutant, killed_by, trouble, seconds }: Trial): string {
  const outcome = killed_by ?? (trouble === null ? "SURVIVED" : `NOT TRIED: ${trouble}`);
  return `${mutant.law.padEnd(13)}| ${mutant.name.padEnd(58)}| ${seconds.toFixed(1).padStart(5)} s | ${outcome}`;
}

const { positionals } = parseArgs({ allowPositionals: true });
const chosen = MUTANTS.filter(({ name }) => name.includes(positionals[0] ?? ""));
if (positionals.length > 1 || chosen.length === 0) {
  console.error(`Usage: ${USAGE}`);
  process.exit(2);
}
const original = await copyTree();
try {
  const red = await checkUnchanged(original, chosen);
  for (const title of red) console.error(`red without a change: ${title}`);
  const trials = red.length === 0 ? await tryAll(original, chosen) : [];
  const alive = trials.filter(({ killed_by }) => killed_by === null);
  console.log(`${trials.length - alive.length} of ${chosen.length} mutants were noticed`);
  process.exitCode = red.length === 0 && alive.length === 0 ? 0 : 1;
} finally {
  await removeTree(original);
}
