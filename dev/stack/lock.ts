import { mkdir, readlink, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { processStart } from "./process-start.ts";

export interface LockOptions {
  pid?: number;
  /** See `processStart`. */
  startOf?: (pid: number) => Promise<string | undefined>;
}

/**
 * Makes a data folder this process's own until the returned function is called or the process ends, however it ends:
 * the lock names its holder, and one whose holder runs no more counts for nothing.
 * @throws one line naming the process that has the folder.
 */
export async function lockFolder(directory: string, options: LockOptions = {}): Promise<() => Promise<void>> {
  const { pid = process.pid, startOf = processStart } = options;
  const file = join(directory, "lock");
  await mkdir(directory, { recursive: true });
  const holder = await take(file, `${pid} ${await startOf(pid)}`, startOf);
  if (holder !== undefined) {
    throw new Error(`${directory} is in use by process ${holder}; stop that, or use --data with another folder`);
  }
  return () => rm(file, { force: true });
}

/** Undefined when `file` is now held by `self`, else the id of the running process that has it. */
async function take(
  file: string,
  self: string,
  startOf: (pid: number) => Promise<string | undefined>,
): Promise<number | undefined> {
  for (;;) {
    if (await create(file, self)) return undefined;
    const holder = await read(file);
    if (holder === undefined) continue; // Released in between.
    const running = await runningPid(holder, startOf);
    if (running !== undefined) return running;

    // Of two that find the same dead holder, the slower must not remove the lock that the quicker has just made.
    const guard = `${file}.stale`;
    const other = await take(guard, self, startOf);
    if (other !== undefined) return other;
    if ((await read(file)) === holder) await rm(file, { force: true });
    await rm(guard, { force: true });
  }
}

async function runningPid(holder: string, startOf: (pid: number) => Promise<string | undefined>) {
  const [pid = "", ...start] = holder.split(" ");
  return (await startOf(Number(pid))) === start.join(" ") ? Number(pid) : undefined;
}

/** A symbolic link appears together with what it says, so nobody ever reads half a lock; its target need not exist. */
async function create(file: string, holder: string): Promise<boolean> {
  try {
    await symlink(holder, file);
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw error;
  }
}

async function read(file: string): Promise<string | undefined> {
  try {
    return await readlink(file);
  } catch (error) {
    if (isCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

const isCode = (error: unknown, code: string) => error instanceof Error && "code" in error && error.code === code;
