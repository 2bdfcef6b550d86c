import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, openSync, closeSync, readFileSync } from "node:fs";
import { chown, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { Client } from "pg";
import { freePort } from "../ports.ts";
import { postgresBinaries, serverAccount, type Account, type Binaries } from "./postgres-binaries.ts";

export interface EmbeddedOptions {
  /** Data directory; a fresh temporary one by default. */
  directory?: string;
  /** TCP port on 127.0.0.1; a free one by default. */
  port?: number;
  /** Keep the data at the end; otherwise the directory is deleted. */
  persistent?: boolean;
  /** Further server settings, such as `{ shared_buffers: "256MB" }`. */
  settings?: Record<string, string>;
}

export interface EmbeddedPostgres {
  adminUrl: string;
  /** Process id of the server, for tests that kill it. */
  pid: number;
  stop(): Promise<void>;
}

const PASSWORD = "postgres";
const START_DEADLINE_MS = 30_000;

/** Starts a real Postgres server for tests and benchmarks. It ends with this process, however this process ends. */
export async function startEmbeddedPostgres(options: EmbeddedOptions = {}): Promise<EmbeddedPostgres> {
  const { persistent = false, settings = {} } = options;
  const account = await serverAccount();
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), "switchboard-postgres-")));
  const binaries = await postgresBinaries(account, `${directory}.programs`);
  const port = options.port ?? (await freePort());
  if (!existsSync(join(directory, "PG_VERSION"))) await initialise(binaries, directory, account);

  const server = spawnServer(binaries, directory, account, {
    port: String(port),
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: "200",
    fsync: "on",
    ...settings,
  });
  const watchdog = guard(server, directory, persistent);
  const adminUrl = `postgres://postgres:${PASSWORD}@127.0.0.1:${port}/postgres`;
  const stop = async () => {
    if (server.exitCode === null && server.signalCode === null) {
      const exited = once(server, "exit");
      server.ref();
      server.kill("SIGINT"); // Postgres' "fast" shutdown: open transactions are rolled back.
      await exited;
    }
    await rm(`${directory}.programs`, { recursive: true, force: true });
    if (!persistent) await rm(directory, { recursive: true, force: true });
    watchdog.stdin?.end();
  };
  try {
    await untilReady(server, adminUrl, join(directory, "server.log"));
  } catch (error) {
    await stop();
    throw error;
  }
  return { adminUrl, pid: pidOf(server), stop };
}

async function initialise({ initdb }: Binaries, directory: string, account: Account): Promise<void> {
  await mkdir(directory, { recursive: true });
  const passwordFile = `${directory}.password`;
  await writeFile(passwordFile, PASSWORD, { mode: 0o600 });
  if (account.uid !== undefined && account.gid !== undefined) {
    await chown(directory, account.uid, account.gid);
    await chown(passwordFile, account.uid, account.gid);
  }
  const flags = ["--username=postgres", `--pwfile=${passwordFile}`, "--auth=password", "--encoding=UTF8"];
  const locale = ["--locale-provider=builtin", "--locale=C", "--builtin-locale=C.UTF-8"];
  const child = spawn(initdb, [`--pgdata=${directory}`, ...flags, ...locale, "--no-sync"], {
    ...account,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let complaint = "";
  child.stderr.on("data", (chunk) => (complaint += chunk));
  const [code] = await once(child, "close");
  await rm(passwordFile, { force: true });
  if (code !== 0) throw new Error(`initdb failed in ${directory}: ${complaint.trim()}`);
}

function spawnServer({ postgres }: Binaries, directory: string, account: Account, settings: Record<string, string>) {
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const log = openSync(join(directory, "server.log"), "a");
  const server = spawn(postgres, ["-D", directory, ...flags], { ...account, stdio: ["ignore", log, log] });
  closeSync(log);
  server.unref();
  return server;
}

/**
 * Ties the server to this process. The shell below waits on a pipe that only this process holds, so it wakes when this
 * process is gone, kill −9 included, and shuts the server down (fast, then immediate after 5 s).
 */
function guard(server: ChildProcess, directory: string, persistent: boolean): ChildProcess {
  const script = `trap '' INT TERM HUP; cat >/dev/null
    mine() { [ "$(head -n 1 "$2/postmaster.pid" 2>/dev/null)" = "$1" ] && kill -0 "$1" 2>/dev/null; }
    if mine "$1" "$2"; then kill -INT "$1"; fi
    n=0; while mine "$1" "$2" && [ $n -lt 50 ]; do sleep 0.1; n=$((n+1)); done
    if mine "$1" "$2"; then kill -QUIT "$1"; sleep 1; fi
    rm -rf "$2.programs"
    if [ "$3" = discard ]; then rm -rf "$2"; fi`;
  const args = ["-c", script, "sh", String(pidOf(server)), directory, persistent ? "keep" : "discard"];
  const watchdog = spawn("/bin/sh", args, { stdio: ["pipe", "ignore", "ignore"] });
  watchdog.unref();
  return watchdog;
}

async function untilReady(server: ChildProcess, adminUrl: string, logFile: string): Promise<void> {
  for (let waited = 0; waited < START_DEADLINE_MS; waited += 25) {
    if (server.exitCode !== null) break;
    const client = new Client({ connectionString: adminUrl });
    client.on("error", () => {});
    try {
      await client.connect();
      await client.end();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  const lastLines = readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-3).join(" | ");
  throw new Error(`Postgres did not start: ${lastLines}`);
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error(`could not start ${child.spawnfile}`);
  return child.pid;
}
