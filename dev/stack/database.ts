import { join } from "node:path";
import { Client } from "pg";
import { startNeonProxy, type Availability } from "../database/neon-proxy.ts";
import { openPglite } from "../database/pglite.ts";
import { connectPostgres, loginUrl } from "../database/postgres.ts";
import { isForeign, prepareForeign } from "./foreign.ts";
import type { Environment } from "./providers.ts";

export interface StackDatabase {
  kind: "embedded" | "postgres" | "neon";
  /** Administrator, plain Postgres TCP. */
  adminUrl: string;
  /** What the Worker is given: the login role `authenticator`. */
  workerUrl: string;
  loginPassword: string;
  /** It holds nothing of ours, and is to stay so: only its own tables are served. */
  foreign: boolean;
  /** Where the Neon driver sends its requests; empty for a real Neon host. */
  endpoint: string;
  /** Absent where no proxy of ours is in between. */
  availability?: Availability;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Data folder of the stack. */
  directory: string;
  ports: { postgres: number; neon: number };
  loginPassword: string;
  /** Whether what is missing of our schema will be made. */
  migrate: boolean;
  env: Environment;
}

const LOGIN = "authenticator";
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Opens the database of the stack: PGlite in the data folder, or what `DATABASE_URL` (an administrator's address)
 * names. The Worker always speaks Neon's protocol: with Neon itself, or with a proxy in front of any other Postgres.
 * @throws one line when it cannot be opened or reached.
 */
export async function openDatabase(options: DatabaseOptions): Promise<StackDatabase> {
  const url = options.env["DATABASE_URL"];
  if (!url) return openEmbedded(options);
  await tryConnection(url);
  return isNeon(url) ? useNeon(url, options.env) : openPostgres(url, options);
}

async function openEmbedded({ directory, ports, loginPassword }: DatabaseOptions): Promise<StackDatabase> {
  const logins = { [LOGIN]: loginPassword };
  const backend = await openPglite({ directory: join(directory, "pg"), port: ports.postgres, logins });
  const proxy = await startNeonProxy({ backend, port: ports.neon, logins });
  return { kind: "embedded", foreign: false, ...behind(proxy, backend, loginPassword) };
}

async function openPostgres(url: string, { ports, env, ...options }: DatabaseOptions): Promise<StackDatabase> {
  const own = new URL(url).username === LOGIN ? decodeURIComponent(new URL(url).password) : undefined;
  const loginPassword = own ?? env["WORKER_LOGIN_PASSWORD"] ?? options.loginPassword;
  const logins = { [LOGIN]: loginPassword };
  const foreign = !options.migrate && (await isForeign(url));
  if (foreign) await prepareForeign({ adminUrl: url, login: LOGIN, loginPassword });
  const backend = connectPostgres({ adminUrl: url, logins });
  const proxy = await startNeonProxy({ backend, port: ports.neon, logins });
  return { kind: "postgres", foreign, ...behind(proxy, backend, loginPassword) };
}

type Proxy = Awaited<ReturnType<typeof startNeonProxy>>;
type Opened = Awaited<ReturnType<typeof openPglite>>;

const behind = (proxy: Proxy, backend: Opened, loginPassword: string): Omit<StackDatabase, "kind" | "foreign"> => ({
  adminUrl: backend.adminUrl,
  workerUrl: loginUrl(backend.adminUrl, LOGIN, loginPassword),
  loginPassword,
  endpoint: proxy.fetchEndpoint,
  availability: proxy.availability,
  async close() {
    await proxy.close();
    await backend.close();
  },
});

function useNeon(url: string, env: Environment): StackDatabase {
  const loginPassword = env["WORKER_LOGIN_PASSWORD"];
  // A hosted database may already serve a deployed Worker: its password is never replaced without being asked.
  if (!loginPassword) {
    throw new Error(`DATABASE_URL is a Neon host: set WORKER_LOGIN_PASSWORD to the password of the role ${LOGIN}`);
  }
  return {
    kind: "neon",
    foreign: false,
    adminUrl: url,
    workerUrl: loginUrl(url, LOGIN, loginPassword),
    loginPassword,
    endpoint: "",
    close: async () => {},
  };
}

const isNeon = (url: string) => new URL(url).hostname.endsWith(".neon.tech");

async function tryConnection(url: string): Promise<void> {
  if (!/^postgres(ql)?:$/.test(URL.parse(url)?.protocol ?? "")) {
    throw new Error("DATABASE_URL is not a postgres:// address");
  }
  const client = new Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on("error", () => {});
  try {
    await client.connect();
    await client.query("select 1");
  } catch (cause) {
    const { host } = new URL(url);
    throw new Error(
      `DATABASE_URL: ${host} cannot be used (${reason(cause)}): check it, or unset it for the embedded database`,
      { cause },
    );
  } finally {
    await client.end().catch(() => {});
  }
}

/** A host with several addresses fails with an AggregateError, whose own message is empty. */
function reason(error: unknown): string {
  if (error instanceof AggregateError) return reason(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
