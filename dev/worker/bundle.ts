import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readSettings, type WorkerSettings } from "./settings.ts";

export interface Bundle {
  /** Path of the one JavaScript module that a deployment would upload. */
  script: string;
  settings: WorkerSettings;
}

const ROOT = join(import.meta.dirname, "..", "..");
/** Everything that the bundle is made of. */
const SOURCES = ["workers", "shared", "wrangler.toml", "package-lock.json", "tsconfig.json"];
const SETTINGS_FILE = "settings.json";
const STALE_MS = 24 * 60 * 60 * 1000;

/**
 * The Worker's bundle exactly as `wrangler deploy` would upload it. Built when the sources have changed, and otherwise
 * taken from `cache`, where it lies under a hash of their content.
 * @throws one line with wrangler's reason when it cannot be built.
 */
export async function bundleWorker(cache = join(ROOT, "node_modules", ".cache", "worker")): Promise<Bundle> {
  const directory = join(cache, await hashSources());
  if (!existsSync(directory)) await build(cache, directory);
  const settings: WorkerSettings = JSON.parse(await readFile(join(directory, SETTINGS_FILE), "utf8"));
  return { script: join(directory, "index.js"), settings };
}

async function build(cache: string, directory: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  await removeStale(cache);
  // Built beside and renamed: two builds at once, or a kill in between, leave a whole bundle or none.
  const draft = `${directory}.${process.pid}`;
  const config = join(ROOT, "wrangler.toml");
  const [settings] = await Promise.all([readSettings(config), dryRun(config, draft)]);
  await writeFile(join(draft, SETTINGS_FILE), JSON.stringify(settings));
  await rename(draft, directory).catch(async (error: NodeJS.ErrnoException) => {
    await rm(draft, { recursive: true, force: true });
    if (!existsSync(directory)) throw error;
  });
}

function dryRun(config: string, outdir: string): Promise<void> {
  const wrangler = join(ROOT, "node_modules", "wrangler", "bin", "wrangler.js");
  const args = [wrangler, "deploy", "--dry-run", "--config", config, "--outdir", outdir];
  // Nothing here needs the network: no question about a newer wrangler, no usage figures.
  const env = { ...process.env, WRANGLER_HIDE_BANNER: "true", WRANGLER_SEND_METRICS: "false", NO_COLOR: "1" };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: ROOT, env }, (error, stdout, stderr) => {
      if (!error) return resolve();
      const reason = /\[ERROR\]\s*(.+)/.exec(`${stderr}\n${stdout}`)?.[1] ?? error.message;
      reject(new Error(`the Worker cannot be built: ${reason} (npm run build shows the whole)`));
    });
  });
}

async function removeStale(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    const path = join(cache, name);
    const age = Date.now() - (await stat(path).then(({ mtimeMs }) => mtimeMs, Date.now));
    if (age > STALE_MS) await rm(path, { recursive: true, force: true });
  }
}

/** A hash over the paths and contents of all sources. */
async function hashSources(): Promise<string> {
  const hash = createHash("sha256");
  for (const source of SOURCES) {
    const path = join(ROOT, source);
    const isFolder = (await stat(path)).isDirectory();
    const files = isFolder ? (await readdir(path, { recursive: true })).toSorted() : [""];
    for (const file of files) {
      // Tests are not part of the bundle.
      if (isFolder && (!file.endsWith(".ts") || file.endsWith(".test.ts"))) continue;
      const bytes = await readFile(join(path, file));
      hash.update(`${source}/${file} ${bytes.length}\n`).update(bytes);
    }
  }
  return hash.digest("hex").slice(0, 16);
}
