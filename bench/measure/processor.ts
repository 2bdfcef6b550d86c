import { readdirSync, readFileSync } from "node:fs";

/** One line of `/proc/PID/stat` (proc_pid_stat(5)), as far as it is needed. */
export interface ProcessStat {
  pid: number;
  name: string;
  parent: number;
  /** Clock ticks in user and kernel mode, those of ended and waited-for children included. */
  ticks: number;
}

/** The kernel shows ticks of USER_HZ, which is 100 on every Linux that Node runs on. */
const MS_A_TICK = 10;

/** Reads one line; null when it is none. The name stands in parentheses and may contain spaces and parentheses. */
export function parseStat(line: string): ProcessStat | null {
  const match = /^(\d+) \((.*)\) \S (.*)$/s.exec(line);
  if (!match) return null;
  const [, pid, name = "", rest = ""] = match;
  // after pid, name and state the fields go on with the fourth, ppid; utime, stime, cutime and cstime are 14 to 17
  const fields = rest.split(" ").map(Number);
  const ticks = fields.slice(10, 14).reduce((sum, value) => sum + value, 0);
  return { pid: Number(pid), name, parent: fields[0] ?? 0, ticks };
}

/** Sums a process with all its living descendants; undefined when it is not among them. */
export function treeTicks(root: number, all: readonly ProcessStat[]): number | undefined {
  const own = all.find(({ pid }) => pid === root);
  if (!own) return undefined;
  const children = all.filter(({ parent }) => parent === root);
  return children.reduce((sum, { pid }) => sum + (treeTicks(pid, all) ?? 0), own.ticks);
}

/** All processes; none on systems without `/proc`. */
export function readProcesses(): ProcessStat[] {
  try {
    return readdirSync("/proc").flatMap((entry) => (/^\d+$/.test(entry) ? readOne(entry) : []));
  } catch {
    return [];
  }
}

/** Milliseconds of processor that each root process and its descendants have used; NaN when it cannot be seen. */
export function processorMs<Name extends string>(roots: Record<Name, number | null>): Record<Name, number> {
  const all = readProcesses();
  const entries = Object.entries<number | null>(roots).map(([name, pid]) => {
    const ticks = pid === null ? undefined : treeTicks(pid, all);
    return [name, ticks === undefined ? NaN : ticks * MS_A_TICK];
  });
  return Object.fromEntries(entries) as Record<Name, number>;
}

function readOne(pid: string): ProcessStat[] {
  try {
    const stat = parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
    return stat ? [stat] : [];
  } catch {
    return []; // it ended meanwhile
  }
}
