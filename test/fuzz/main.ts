import { parseArgs } from "node:util";
import { startTestCluster } from "../../dev/database/test-database.ts";
import { fuzz } from "./run.ts";

const USAGE = "npm run fuzz -- [--cases N] [--seed S] [--minutes M]";

const { values } = parseArgs({
  options: {
    cases: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    minutes: { type: "string", default: "20" },
  },
});
const [cases, seed, minutes] = [Number(values.cases), Number(values.seed), Number(values.minutes)];
if (!(cases > 0) || !Number.isInteger(seed) || !(minutes > 0)) {
  console.error(`Usage: ${USAGE}`);
  process.exit(2);
}

const cluster = await startTestCluster();
try {
  const result = await fuzz(cluster, { cases, seed, limit_ms: minutes * 60_000, say: (line) => console.log(line) });
  const { canary, failures, strangers, spooled } = result;
  const touched = JSON.stringify(canary.before) !== JSON.stringify(canary.after);
  console.log(
    `${result.cases} of ${cases} requests, ${result.rate} a second, the slowest took ${Math.round(result.slowest_ms)} ms`,
  );
  console.log(`answers by status: ${JSON.stringify(result.answers)}`);
  console.log(
    `failures: ${failures.length}, left in the Spool: ${spooled}, the other tenant's rows: ${touched ? "CHANGED" : "untouched"}`,
  );
  if (Object.keys(strangers).length > 0) console.log(`rows of nobody: ${JSON.stringify(strangers)}`);
  for (const failure of failures) console.log(failure);
  if (touched) console.log(JSON.stringify(canary));
  const well = failures.length === 0 && spooled === 0 && !touched && Object.keys(strangers).length === 0;
  process.exitCode = well ? 0 : 1;
} finally {
  await cluster.stop();
}
