// Runs on the reader's own Node, before any dependency exists: plain JavaScript, nothing but Node's standard library.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const OLDEST_NODE = 20;
const PROGRESS_EVERY_MS = 10_000;
const LAST_WORDS = 12;
const OFFLINE = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED)\b/;

/**
 * @typedef {{ version?: string, optional?: boolean }} LockedPackage
 * @typedef {{ packages?: Record<string, LockedPackage> }} Lock `package-lock.json`, or npm's record of what it installed
 */

/** A failure that one line explains; the entry points print `message` alone and exit 1. */
export class SetupError extends Error {}

/**
 * Whether what is installed differs from what the lock file asks for. File times are not compared: a checkout or a copy
 * changes them. Optional packages may be absent, since most of them serve other platforms.
 * @param {Lock} wanted
 * @param {Lock} installed
 * @returns {boolean}
 */
export function isStale(wanted, installed) {
  const want = wanted.packages ?? {};
  const have = installed.packages ?? {};
  const differs = Object.entries(want).some(([path, { version, optional }]) => {
    if (path === "") return false;
    const found = have[path];
    return found === undefined ? optional !== true : found.version !== version;
  });
  return differs || Object.keys(have).some((path) => want[path] === undefined);
}

/**
 * One line for a failed `npm ci`, followed by npm's last words unless the cause is plain.
 * @param {number | null} code exit code, null when a signal ended it
 * @param {string} output
 * @returns {string}
 */
export function explainFailure(code, output) {
  if (OFFLINE.test(output))
    return "npm ci: the package registry cannot be reached and npm's cache lacks some packages. Connect once, then run this again.";
  const tail = output.trim().split("\n").slice(-LAST_WORDS).join("\n");
  return `npm ci failed (${code === null ? "stopped by a signal" : `exit ${code}`}):\n${tail}`;
}

/**
 * Installs the locked dependencies when they are missing or differ from the lock file, with a line of progress now and then.
 * @param {{ root: string, nodeVersion?: string, say?: (line: string) => void, npm?: { command: string, args: string[] } }} options
 *   `root`: the repository; `npm`: how to start npm
 * @returns {Promise<string>} the path of the pinned Node binary
 * @throws {SetupError} when Node is too old, npm is missing or the installation fails
 */
export async function ensureInstalled({
  root,
  nodeVersion = process.versions.node,
  say = console.log,
  npm = findNpm(),
}) {
  if (Number.parseInt(nodeVersion, 10) < OLDEST_NODE) {
    throw new SetupError(`Node ${OLDEST_NODE} or newer is needed; this is ${nodeVersion}.`);
  }
  const node = join(root, "node_modules", ".bin", "node");
  if (
    !existsSync(node) ||
    isStale(readLock(join(root, "package-lock.json")), readLock(join(root, "node_modules", ".package-lock.json")))
  ) {
    await install({ root, say, npm });
    if (!existsSync(node))
      throw new SetupError(
        "npm ci left no Node binary in node_modules/.bin: allow install scripts, then run this again.",
      );
  }
  return node;
}

/** @param {{ root: string, say: (line: string) => void, npm: { command: string, args: string[] } }} options */
async function install({ root, say, npm }) {
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  say("installing dependencies (npm ci); the first time takes a minute or so");
  const progress = setInterval(() => say(`  still installing, ${seconds()} s`), PROGRESS_EVERY_MS);
  try {
    const { code, output } = await run(
      npm.command,
      [...npm.args, "ci", "--include=dev", "--no-fund", "--no-audit"],
      root,
    );
    if (code !== 0) throw new SetupError(explainFailure(code, output));
  } finally {
    clearInterval(progress);
  }
  say(`installed in ${seconds()} s`);
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 * @returns {Promise<{ code: number | null, output: string }>}
 */
function run(command, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const keep = (/** @type {Buffer} */ chunk) => {
      output += chunk.toString();
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("error", () => reject(new SetupError("npm was not found: install it beside Node, then run this again.")));
    child.on("close", (code) => resolve({ code, output }));
  });
}

/** npm tells the scripts it runs where it lives; a script started by hand looks on the PATH. */
function findNpm() {
  const cli = process.env["npm_execpath"];
  return cli?.endsWith("npm-cli.js") ? { command: process.execPath, args: [cli] } : { command: "npm", args: [] };
}

/**
 * @param {string} path
 * @returns {Lock} empty when the file is missing or broken, which reads as "nothing installed"
 */
function readLock(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return {};
  }
}
