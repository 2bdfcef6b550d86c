import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openMigrated } from "../catalogue/migrated.ts";
import type { Catalogue } from "../catalogue/read.ts";
import { readCatalogue } from "../catalogue/read.ts";
import type { LineageRow } from "./rows.ts";
import { readLineage, sourceName } from "./rows.ts";

const rows = readLineage();
let database: Awaited<ReturnType<typeof openMigrated>>;
let catalogue: Catalogue;
let internal: Catalogue;

beforeAll(async () => {
  database = await openMigrated();
  catalogue = await readCatalogue(database.run, "public");
  internal = await readCatalogue(database.run, "switchboard");
});
afterAll(() => database.close());

test("every home exists in the database", () => {
  const relationsOf = (within: Catalogue) => Object.keys(within).map((name) => name.split(/[. ]/, 1)[0] ?? "");
  const relations = new Set([...relationsOf(catalogue), ...relationsOf(internal).map((name) => `switchboard.${name}`)]);
  const missing = rows.filter(({ home }) => home !== "" && !(home in catalogue) && !relations.has(home));
  expect(missing.map((row) => `${sourceName(row)}: no ${row.home}`)).toEqual([]);
});

test("every column of 000 to 003 exists under its own name", () => {
  const missing = rows.filter((row) => row.seed < "004" && !(sourceName(row) in catalogue));
  expect(missing.map(sourceName)).toEqual([]);
});

describe("columns are as their system describes them", () => {
  const kept = rows.filter((row) => row.seed < "004" && row.home !== "");

  test("defaults", () => {
    const defaults = kept.filter(hasDefault);
    const expected = defaults.map((row) => [sourceName(row), expectedDefault(row)]);
    expect(defaults.map((row) => [sourceName(row), defaultOf(catalogue[row.home])])).toEqual(expected);
    expect(defaults.length).toBeGreaterThan(50);
  });

  test("what 000 calls required may not be null and has no default", () => {
    const required = kept.filter((row) => row.seed === "000" && /required/.test(row.default));
    expect(required.length).toBeGreaterThan(0);
    expect(definitions(required)).toEqual(required.map(({ home, type }) => [home, `${type} not null`]));
  });

  test("what 000 calls null may be null and has no default", () => {
    const optional = kept.filter((row) => row.seed === "000" && row.default === "null");
    expect(optional.length).toBeGreaterThan(0);
    expect(definitions(optional)).toEqual(optional.map(({ home, type }) => [home, spelled(type)]));
  });

  test("what 000 calls unique is", async () => {
    const { rows: indexes } = await database.run(`
      select format('%s.%s', i.indrelid::regclass, a.attname) as name from pg_index i
        join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey::int2[]) where i.indisunique`);
    const unique = kept.filter((row) => row.seed === "000" && /unique/.test(row.default)).map(({ home }) => home);
    expect(unique.length).toBeGreaterThan(0);
    expect(indexes.map(({ name }) => name)).toEqual(expect.arrayContaining(unique));
  });
});

const definitions = (listed: LineageRow[]) => listed.map(({ home }) => [home, catalogue[home]]);

// `messages.status` is told from `delivery_status`; an outgoing message without one shows "pending".
function hasDefault({ default: value, home }: LineageRow) {
  return !/^$|^null$|required|unique| or /.test(value) && home !== "messages.delivery_status";
}

function expectedDefault({ default: value }: LineageRow) {
  if (value === "auto" || value === "uuid_generate_v4()") return "gen_random_uuid()";
  return value === "NOW()" ? "now()" : value.replaceAll("'", "");
}

/** The default without its cast: `'free'::text` is `free`. */
function defaultOf(definition = "") {
  return / default (.*)$/.exec(definition)?.[1]?.replace(/^'(.*)'::.*$/, "$1");
}

function spelled(type: string) {
  return type === "timestamptz" ? "timestamp with time zone" : type;
}
