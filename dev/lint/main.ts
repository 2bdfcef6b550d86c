import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readSources } from "./checks/files.ts";
import { brokenLinks } from "./checks/links.ts";
import { machineTraces } from "./checks/machine.ts";
import { changedMigrations } from "./checks/migrations.ts";

const root = join(import.meta.dirname, "../..");
const PUBLIC_REGISTRY = "registry.npmjs.org";

const files = readSources(root);
const problems = [
  ...brokenLinks(files, (path) => existsSync(join(root, path))),
  ...machineTraces(files, { folders: ownFolders(), registryHost: registryHost() }),
  ...changedMigrations(git),
];
for (const problem of problems) console.error(problem);
if (problems.length === 0) console.log(`our own checks: ${files.length} files, no findings`);
process.exitCode = problems.length === 0 ? 0 : 1;

/** A parent such as `/` or the folder for temporary files is on every machine, so it says nothing. */
function ownFolders() {
  const common = new Set(["/", tmpdir(), "/tmp", "/src", "/app", "/workspace"]);
  return [root, dirname(root), homedir()].filter((folder) => !common.has(folder));
}

/** npm tells the scripts that it runs which registry is set. */
function registryHost() {
  const registry = process.env["npm_config_registry"];
  const host = registry === undefined ? undefined : new URL(registry).host;
  return host === PUBLIC_REGISTRY ? undefined : host;
}

function git(args: string[]) {
  const { status, stdout } = spawnSync("git", args, { cwd: root, encoding: "utf8" });
  return status === 0 ? stdout : undefined;
}
