import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

export interface SuiteResult {
  /** Titles of the tests that failed. */
  failed: string[];
  passed: number;
  /** What the runner said when it did not come to run tests; null otherwise. */
  trouble: string | null;
}

interface Report {
  numPassedTests: number;
  testResults: { message: string; assertionResults: { status: string; fullName: string }[] }[];
}

const PATIENCE_MS = 240_000;

/** Runs tests in a tree: these files, and of them the tests whose titles match. */
export async function runSuite(tree: string, files: string[], tests: string): Promise<SuiteResult> {
  const report = join(tree, "report.json");
  const args = ["run", ...files, "-t", tests, "--reporter=json", `--outputFile=${report}`];
  const child = spawn(process.execPath, [join(tree, "node_modules", "vitest", "vitest.mjs"), ...args], {
    cwd: tree,
    // the runner for workerd believes it rather than the directory
    env: { ...process.env, PWD: tree },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const timer = setTimeout(() => {
    said += `\nnot done after ${PATIENCE_MS / 1000} s`;
    child.kill("SIGINT");
  }, PATIENCE_MS);
  await once(child, "close");
  clearTimeout(timer);
  const text = await readFile(report, "utf8").catch(() => null);
  if (text === null) return { failed: [], passed: 0, trouble: lastLines(said) };
  const { numPassedTests, testResults }: Report = JSON.parse(text);
  const failed = testResults.flatMap(({ assertionResults }) =>
    assertionResults.flatMap(({ status, fullName }) => (status === "failed" ? [fullName.trim()] : [])),
  );
  const none = failed.length === 0 && numPassedTests === 0;
  const trouble = none ? lastLines([...testResults.map(({ message }) => message), said].join("\n")) : null;
  return { failed, passed: numPassedTests, trouble };
}

const lastLines = (text: string) => text.trim().split("\n").slice(-6).join("\n") || "no test ran";
