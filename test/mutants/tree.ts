import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Change } from "./mutant.ts";

export const ROOT = join(import.meta.dirname, "..", "..");

/** All that a run of tests needs; the dependencies are linked. */
const PARTS = ["workers", "shared", "migrations", "dev", "test", "vitest.config.ts", "wrangler.toml", "tsconfig.json"];
const MANIFESTS = ["package.json", "package-lock.json"];

/** A copy of the sources to be changed and thrown away. Its owner removes it. */
export async function copyTree(from = ROOT): Promise<string> {
  const tree = await mkdtemp(join(tmpdir(), "mutant-"));
  await Promise.all(
    [...PARTS, ...MANIFESTS].map((part) => cp(join(from, part), join(tree, part), { recursive: true })),
  );
  await symlink(join(ROOT, "node_modules"), join(tree, "node_modules"), "dir");
  return tree;
}

export async function removeTree(tree: string): Promise<void> {
  await rm(tree, { recursive: true, force: true });
}

/** @throws when the text to be replaced does not stand exactly once in its file: the mutant no longer fits the product */
export async function apply({ file, find, replace }: Change, tree: string): Promise<void> {
  const path = join(tree, file);
  await writeFile(path, changed(await readFile(path, "utf8"), { file, find, replace }));
}

export function changed(text: string, { file, find, replace }: Change): string {
  const [head, tail, ...more] = text.split(find);
  if (tail === undefined || more.length > 0) throw new Error(`${file}: not exactly once: ${find}`);
  return `${head}${replace}${tail}`;
}
