import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "./backend.ts";
import { openPglite } from "./pglite.ts";

const asAdmin = (...queries: string[]) => ({
  user: "postgres",
  queries: queries.map((query) => ({ query, params: [] })),
  transaction: true,
});

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  return client;
}

describe("beside other clients", () => {
  let backend: Backend;
  const clients: Client[] = [];
  const admin = async () => {
    const client = await connect(backend.adminUrl);
    clients.push(client);
    return client;
  };

  beforeAll(async () => {
    backend = await openPglite({ patienceMs: 200 });
    await backend.run(asAdmin("create role limited nologin", "create table things (id int)"));
  });

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.end()));
    await backend.run(asAdmin("truncate things"));
  });

  afterAll(() => backend.close());

  test("offers the extensions that the schema needs", async () => {
    const [result] = await backend.run(asAdmin("select name from pg_available_extensions order by name"));
    expect(result?.rows.flat()).toEqual(expect.arrayContaining(["pg_trgm", "pgcrypto", "uuid-ossp", "vector"]));
  });

  test("a batch waits no longer than its patience for a transaction that a client left open", async () => {
    const sitting = await admin();
    await sitting.query("begin");
    await expect(backend.run(asAdmin("select 1"))).rejects.toMatchObject({ code: "55P03" });
    await sitting.query("commit");
    await expect(backend.run(asAdmin("select 1"))).resolves.toHaveLength(1);
  });

  test("nothing of a batch that waited in vain is run", async () => {
    const sitting = await admin();
    await sitting.query("begin");
    await expect(backend.run(asAdmin("insert into things values (1)"))).rejects.toMatchObject({ code: "55P03" });
    await sitting.query("commit");
    expect((await sitting.query("select * from things")).rows).toEqual([]);
  });

  test("a client that vanishes in a transaction loses it and blocks nobody", async () => {
    const vanishing = await connect(backend.adminUrl);
    await vanishing.query("begin");
    await vanishing.query("insert into things values (1)");
    await vanishing.end();
    const [result] = await backend.run(asAdmin("select * from things"));
    expect(result?.rows).toEqual([]);
  });

  test("a role that a client took and kept does not reach the next one", async () => {
    const careless = await admin();
    await careless.query("set role limited");
    const [result] = await backend.run(asAdmin("select current_user"));
    expect(result?.rows).toEqual([["postgres"]]);
  });

  test("only the administrator gets in by TCP", async () => {
    const url = backend.adminUrl.replace("postgres:postgres@", "limited:postgres@");
    await expect(connect(url)).rejects.toMatchObject({ code: "28P01" });
  });

  test("COPY FROM STDIN by the extended protocol is refused, and the database lives on", async () => {
    const copying = await admin();
    await expect(
      copying.query({ text: "copy things from stdin", values: [], queryMode: "extended" } as never),
    ).rejects.toMatchObject({
      code: "0A000",
    });
    await expect(backend.run(asAdmin("select 1"))).resolves.toHaveLength(1);
  });
});

describe("on disk", () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "switchboard-pglite-"));
  });
  afterAll(() => rm(root, { recursive: true }));

  // Prints a line after each commit, so that the kill comes when work has been acknowledged.
  const WRITER = `
    const { openPglite } = await import(process.argv[1]);
    const backend = await openPglite({ directory: process.argv[2] });
    const run = (query) => backend.run({ user: "postgres", queries: [{ query, params: [] }], transaction: true });
    await run("create table if not exists acked (n int)");
    for (let n = 1; ; n++) {
      await run("insert into acked values (" + n + ")");
      process.stdout.write(n + "\\n");
    }`;

  test("what was acknowledged survives kill -9", { timeout: 60_000 }, async () => {
    const directory = join(root, "killed");
    const module = join(import.meta.dirname, "pglite.ts");
    const writer = spawn(process.execPath, ["--input-type=module", "-e", WRITER, module, directory], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let printed = "";
    for await (const chunk of writer.stdout) {
      printed += chunk;
      if (printed.split("\n").length > 50) writer.kill("SIGKILL");
    }
    if (writer.signalCode === null) await once(writer, "exit");
    expect(writer.signalCode).toBe("SIGKILL");
    const acknowledged = Number(printed.trimEnd().split("\n").at(-1));

    const backend = await openPglite({ directory });
    const [result] = await backend.run(asAdmin("select count(*), max(n) from acked"));
    await backend.close();
    const [count, last] = (result?.rows[0] ?? []).map(Number);
    expect(last).toBeGreaterThanOrEqual(acknowledged);
    expect(count).toBe(last);
  });

  test("a creation that was interrupted is begun anew", { timeout: 60_000 }, async () => {
    const directory = join(root, "half");
    await mkdir(directory);
    await writeFile(join(directory, "PG_VERSION"), "18");
    await writeFile(`${directory}.creating`, "");
    const backend = await openPglite({ directory });
    await expect(backend.run(asAdmin("select 1"))).resolves.toHaveLength(1);
    await backend.close();
  });

  test("a directory with something else in it is left alone", async () => {
    const directory = join(root, "photos");
    await mkdir(directory);
    await writeFile(join(directory, "cat.jpg"), "");
    await expect(openPglite({ directory })).rejects.toThrow(`${directory} cannot be opened (PG_VERSION is missing)`);
    expect(await readdir(directory)).toEqual(["cat.jpg"]);
  });

  test("a damaged directory is named in one line and left alone", { timeout: 60_000 }, async () => {
    const directory = join(root, "damaged");
    await (await openPglite({ directory })).close();
    await writeFile(join(directory, "global", "pg_control"), "not a control file");
    const error: unknown = await openPglite({ directory }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).toContain(`the database in ${directory} cannot be opened`);
    expect(String(error)).not.toContain("\n");
  });
});
