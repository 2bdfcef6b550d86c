import { spawn } from "node:child_process";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureInstalled, SetupError } from "./install.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Installs what is missing, then runs one program with the pinned Node and ends this process with its exit code.
 * The child stays in this process group, so a signal to the group reaches it too: it may see the same signal twice.
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
