import { expect, test } from "vitest";
import { checkHistory, parseMigration, withoutUnavailable } from "./migration.ts";

const first = parseMigration("0001_roles.sql", "create role a;");
const second = parseMigration("0002_tables.sql", "create table t ();");

test("reads version and name from the file name", () => {
  expect(first).toMatchObject({ version: 1, name: "roles", file: "0001_roles.sql" });
});

test.each(["1_roles.sql", "0001-roles.sql", "0001_Roles.sql", "roles.sql"])("refuses the name %s", (file) => {
  expect(() => parseMigration(file, "")).toThrow("NNNN_name.sql");
});

test.each(["create table a (); commit;", "begin;\nROLLBACK ;\n"])(
  "refuses %j, which would end its transaction",
  (sql) => {
    expect(() => parseMigration("0001_roles.sql", sql)).toThrow("each is one transaction");
  },
);

test("a column may be called commit", () => {
  expect(parseMigration("0001_roles.sql", "create table a (commit text);\nselect commit from a;").version).toBe(1);
});

test("the hash covers every byte", () => {
  expect(parseMigration("0001_roles.sql", "create role a; ").sha256).not.toBe(first.sha256);
});

test("the last applied version is where to go on", () => {
  expect(checkHistory([first, second], [])).toBe(0);
  expect(checkHistory([first, second], [first])).toBe(1);
});

test("refuses a gap between files", () => {
  const third = parseMigration("0003_late.sql", "");
  expect(() => checkHistory([first, third], [])).toThrow("0003_late.sql: expected version 2");
});

test("refuses two files with one version", () => {
  const twin = parseMigration("0001_twin.sql", "");
  expect(() => checkHistory([first, twin], [])).toThrow("0001_twin.sql: expected version 2");
});

test("refuses a file that changed after it was applied", () => {
  const changed = parseMigration("0001_roles.sql", "create role b;");
  expect(() => checkHistory([changed, second], [first])).toThrow("0001_roles.sql: changed after it was applied");
});

test("refuses a database that is ahead of the files", () => {
  expect(() => checkHistory([first], [first, second])).toThrow("migration 2 (tables), which is not among the files");
});

test("refuses a history with a hole", () => {
  expect(() => checkHistory([first, second], [second])).toThrow("has migration 2 but not 1");
});

const WITH_BLOCK = "create table a ();\n-- requires: vector\ncreate extension vector;\n-- end\ncreate table b ();\n";

test("keeps a block whose extension is offered", () => {
  expect(withoutUnavailable(WITH_BLOCK, new Set(["vector"]))).toEqual({ sql: WITH_BLOCK, skipped: [] });
});

test("leaves out a block whose extension is missing, and only that, on the same lines", () => {
  expect(withoutUnavailable(WITH_BLOCK, new Set())).toEqual({
    sql: "create table a ();\n\n\n\ncreate table b ();\n",
    skipped: ["vector"],
  });
});

test("decides block by block", () => {
  const two = `${WITH_BLOCK}-- requires: pg_trgm\ncreate extension pg_trgm;\n-- end\n`;
  const { sql, skipped } = withoutUnavailable(two, new Set(["pg_trgm"]));
  expect(skipped).toEqual(["vector"]);
  expect(sql).toContain("create extension pg_trgm;");
});
