import { parseArguments } from "./arguments.ts";
import type { Benchmark } from "./benchmark.ts";
import { humanReport, jsonReport } from "./report.ts";
import { createCleanup } from "./stack/cleanup.ts";

/** One file a benchmark, loaded when it is asked for. */
const BENCHMARKS: Record<string, () => Promise<{ benchmark: Benchmark }>> = {
  ingest: () => import("./ingest/benchmark.ts"),
  turn: () => import("./turn/benchmark.ts"),
  campaign: () => import("./campaign/benchmark.ts"),
  fairness: () => import("./fairness/benchmark.ts"),
  voice: () => import("./voice/benchmark.ts"),
};

/** Named already, so that scripts can ask for them; each comes with the part that it measures. */
const LATER: Record<string, string> = {
  rest: "the supabase-js door",
  feed: "the supabase-js door",
};

async function main(): Promise<number> {
  const { name, json, ...options } = parseArguments(process.argv.slice(2));
  const load = Object.hasOwn(BENCHMARKS, name) ? BENCHMARKS[name] : undefined;
  if (!load) {
    console.error(Object.hasOwn(LATER, name) ? `${name} comes with ${LATER[name]}` : await list(name));
    return 1;
  }
  const cleanup = createCleanup();
  for (const [signal, number] of [["SIGINT", 2] as const, ["SIGTERM", 15] as const]) {
    process.once(signal, () => void cleanup.run().then(() => process.exit(128 + number)));
  }
  try {
    const { benchmark } = await load();
    const outcome = await benchmark.run({ ...options, cleanup, progress: (line) => console.error(`  ${line}`) });
    console.log(humanReport(outcome));
    if (json) console.log(jsonReport(outcome));
    return outcome.checks.every(({ ok }) => ok) ? 0 : 1;
  } finally {
    await cleanup.run();
  }
}

async function list(name: string): Promise<string> {
  const known = await Promise.all(
    Object.entries(BENCHMARKS).map(async ([each, load]) => [each, (await load()).benchmark.description] as const),
  );
  const later = Object.entries(LATER).map(([each, part]) => [each, `comes with ${part}`] as const);
  const lines = [...known, ...later].map(([each, description]) => `  ${each.padEnd(10)}${description}`);
  return [name === "" ? "which benchmark?" : `there is no benchmark "${name}"`, ...lines].join("\n");
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
