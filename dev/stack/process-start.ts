import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";

/**
 * When a process started, in its system's own words: the same for as long as it runs, another once its id is reused.
 * Undefined when it does not run; one that has ended and only waits for its parent to notice does not run.
 * Linux counts clock ticks since boot (proc_pid_stat(5), fields 3 and 22); elsewhere `ps` is asked (POSIX).
 */
export async function processStart(pid: number): Promise<string | undefined> {
  return process.platform === "linux" ? fromProc(pid) : fromPs(pid);
}

async function fromProc(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The second field is the program's name in brackets, which may itself hold spaces and brackets.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return isOver(fields[0]) ? undefined : fields[19];
}

async function fromPs(pid: number): Promise<string | undefined> {
  const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
  const line = await new Promise<string>((resolve, reject) => {
    execFile("ps", ["-o", "stat=", "-o", "lstart=", "-p", String(pid)], { env }, (error, stdout) =>
      error?.code === "ENOENT" ? reject(error) : resolve(stdout.trim()),
    );
  });
  const [state, ...start] = line.split(/\s+/);
  return isOver(state) || start.length === 0 ? undefined : start.join(" ");
}

const isOver = (state: string | undefined) => !state || /^[ZX]/.test(state);
