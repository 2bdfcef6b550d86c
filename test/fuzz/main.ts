import { parseArgs } from "node:util";
import { startTestCluster } from "../../dev/database/test-database.ts";
import { fuzzDoor } from "./door.ts";
import { fuzz } from "./run.ts";

const USAGE = "npm run fuzz -- [--cases N] [--door-cases N] [--seed S] [--minutes M]";

const { values } = parseArgs({
  options: {
    cases: { type: "string", default: "100000" },
    "door-cases": { type: "string", default: "50000" },
    seed: { type: "string", default: "1" },
    minutes: { type: "string", default: "20" },
  },
});
const [cases, seed, minutes] = [Number(values.cases), Number(values.seed), Number(values.minutes)];
const doorCases = Number(values["door-cases"]);
if (!(cases > 0) || !(doorCases > 0) || !Number.isInteger(seed) || !(minutes > 0)) {
  console.error(`Usage: ${USAGE}`);
  process.exit(2);
}

const cluster = await startTestCluster();
const say = (line: string) => console.log(line);
const limit_ms = minutes * 60_000;
try {
  const door = await fuzzDoor(cluster, { cases: doorCases, seed, limit_ms, say });
  const changed = JSON.stringify(door.canary.before) !== JSON.stringify(door.canary.after);
  console.log(`data door: ${door.cases} of ${doorCases} requests, by status: ${JSON.stringify(door.answers)}`);
  console.log(`failures: ${door.failures.length}, the other tenant's rows: ${changed ? "CHANGED" : "untouched"}`);
  for (const failure of door.failures) console.log(failure);

  const result = await fuzz(cluster, { cases, seed, limit_ms, say });
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
  const doorWell = door.failures.length === 0 && !changed;
  const well = doorWell && failures.length === 0 && spooled === 0 && !touched && Object.keys(strangers).length === 0;
  process.exitCode = well ? 0 : 1;
} finally {
  await cluster.stop();
}
