import { spawn } from "node:child_process";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureInstalled, SetupError } from "./install.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Installs what is missing, then runs one program with the pinned Node and ends this process with its exit code.
 * The child stays in this process group and may get one signal several times: from the group, from npm and from here.
 * In package.json these programs start with `exec`: a shell in between would die of the signal, and npm with it, while
 * the child lives on.
 * @param {string} program path below the repository
 * @param {string[]} args
 */
export async function runNode(program, args) {
  const node = await ensureInstalled({ root }).catch((error) => {
    if (!(error instanceof SetupError)) throw error;
    console.error(error.message);
    process.exit(1);
  });
  const PATH = [dirname(node), process.env["PATH"]].join(delimiter);
  const child = spawn(node, [join(root, program), ...args], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, PATH },
  });
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]))
    process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (signal ? constants.signals[signal] : 0)));
}
