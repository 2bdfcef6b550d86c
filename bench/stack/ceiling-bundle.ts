import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Bundle } from "../../dev/worker/bundle.ts";
import { readSettings } from "../../dev/worker/settings.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const WRANGLER = join(ROOT, "node_modules", "wrangler", "bin", "wrangler.js");
const CACHE = join(ROOT, "node_modules", ".cache");
const CONFIG = join(import.meta.dirname, "..", "ceiling", "wrangler.toml");

/** The Worker that does as little as can be done, bundled by the same command as ours. */
export async function bundleCeiling(): Promise<Bundle & { remove(): Promise<void> }> {
  await mkdir(CACHE, { recursive: true });
  const outdir = await mkdtemp(join(CACHE, "ceiling-"));
  const args = [WRANGLER, "deploy", "--dry-run", "--config", CONFIG, "--outdir", outdir];
  const env = { ...process.env, WRANGLER_HIDE_BANNER: "true", WRANGLER_SEND_METRICS: "false" };
  const [settings] = await Promise.all([readSettings(CONFIG), promisify(execFile)(process.execPath, args, { env })]);
  return { script: join(outdir, "worker.js"), settings, remove: () => rm(outdir, { recursive: true, force: true }) };
}
