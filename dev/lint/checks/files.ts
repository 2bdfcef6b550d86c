import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";

/** A text file of the repository: `path` relative to its root, with forward slashes. */
export interface SourceFile {
  path: string;
  text: string;
}

const SKIPPED = new Set([
  ".git",
  "node_modules",
  "dist",
  ".data",
  ".wrangler",
  "coverage",
  "worker-configuration.d.ts",
]);
const LARGEST = 2_000_000;

/** Every text file below `root`, without what is generated or installed. A file with a NUL byte is not text. */
export function readSources(root: string, folder = root): SourceFile[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (SKIPPED.has(entry.name)) return [];
    if (entry.isDirectory()) return readSources(root, path);
    if (!entry.isFile() || entry.name.endsWith(".log") || statSync(path).size > LARGEST) return [];
    const text = readFileSync(path, "utf8");
    return text.includes("\0") ? [] : [{ path: relative(root, path), text }];
  });
}
