import { afterAll, beforeAll, expect, test } from "vitest";
import { describeSchema } from "../../../dev/catalogue/ddl.ts";
import { openMigrated } from "../../../dev/catalogue/migrated.ts";
import { readCatalogue } from "../../../dev/catalogue/read.ts";
import * as schema from "./index.ts";

let database: Awaited<ReturnType<typeof openMigrated>>;
beforeAll(async () => {
  database = await openMigrated();
});
afterAll(() => database.close());

// Postgres is asked to make what the schema describes, so that both sides are spelled by Postgres.
test.each(["public", "switchboard"])("describes schema %s as the migrations make it, both ways", async (name) => {
  const described = describeSchema(schema).filter((relation) => relation.schema === name);
  await database.run(`create schema described_${name}`);
  for (const relation of described) await database.run(relation.createIn(`described_${name}`));
  expect(described.length).toBeGreaterThan(0);
  expect(await readCatalogue(database.run, `described_${name}`)).toEqual(await readCatalogue(database.run, name));
});

test("lists the roles of users as the migrations do", async () => {
  const { rows } = await database.run("select unnest(enum_range(null::public.user_role))::text as role");
  expect(rows.map(({ role }) => role)).toEqual(schema.userRole.enumValues);
});
