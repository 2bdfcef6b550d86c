import { Client } from "pg";
import { loginUrl } from "../database/postgres.ts";

/** The roles that the data door takes by itself; what else the login may take is the database's own affair. */
const ROLES = ["anon", "authenticated", "service_role"];

export interface ForeignDatabase {
  /** Administrator's address. */
  adminUrl: string;
  /** Role that the Worker logs in as, and its password. */
  login: string;
  loginPassword: string;
}

/** Whether a database has nothing of ours: no migration was ever applied. */
export function isForeign(adminUrl: string): Promise<boolean> {
  return connected(adminUrl, async (client) => {
    const { rows } = await client.query("select to_regclass('switchboard.migrations') is null as foreign");
    return rows[0]?.foreign === true;
  });
}

/**
 * Makes what the Worker's login needs in a database that is not ours, and nothing else: roles that are missing, their
 * membership, and a password that fits. No right on any table is given or taken.
 * @throws one line when the login cannot be used afterwards.
 */
export async function prepareForeign({ adminUrl, login, loginPassword }: ForeignDatabase): Promise<void> {
  const workerUrl = loginUrl(adminUrl, login, loginPassword);
  await connected(adminUrl, async (client) => {
    const attempt = (template: string, ...names: string[]) => run(client, template, names).catch(() => {});
    for (const role of ROLES) {
      if (!(await exists(client, role))) await attempt("create role %I nologin", role);
    }
    if (!(await exists(client, login))) {
      await attempt("create role %I login noinherit password %L", login, loginPassword);
    } else if (!(await opens(workerUrl))) {
      await attempt("alter role %I with login password %L", login, loginPassword);
    }
    for (const role of ROLES) {
      if (!(await isMember(client, login, role))) await attempt("grant %I to %I", role, login);
    }
  });
  // What could not be made may have been there already; whether it is enough, only the login itself can tell.
  await connected(workerUrl, (client) => client.query("select set_config('role', 'anon', false)")).catch((cause) => {
    throw new Error(
      `DATABASE_URL: its administrator can make no role ${login} that may act as ${ROLES.join(", ")} (${cause.message})`,
      { cause },
    );
  });
}

async function exists(client: Client, role: string): Promise<boolean> {
  const { rows } = await client.query("select from pg_roles where rolname = $1", [role]);
  return rows.length > 0;
}

async function isMember(client: Client, login: string, role: string): Promise<boolean> {
  const { rows } = await client.query(
    `select from pg_auth_members m where m.roleid = (select oid from pg_roles where rolname = $1)
      and m.member = (select oid from pg_roles where rolname = $2)`,
    [role, login],
  );
  return rows.length > 0;
}

async function run(client: Client, template: string, names: string[]): Promise<void> {
  const places = names.map((_, i) => `$${i + 2}::text`);
  const { rows } = await client.query(`select format($1, ${places.join(", ")}) as statement`, [template, ...names]);
  await client.query(rows[0].statement);
}

const opens = (url: string) => connected(url, () => Promise.resolve(true)).catch(() => false);

async function connected<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  client.on("error", () => {});
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}
