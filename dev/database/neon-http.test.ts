import { DatabaseError } from "pg";
import { expect, test } from "vitest";
import { checkConnectionString, refusal } from "./login.ts";
import { errorBody, errorStatus, parseBatch, successBody } from "./neon-http.ts";

const ADMIN_URL = "postgres://postgres:secret@127.0.0.1:5432/shop";
const LOGINS = { authenticator: "w@rd" };
const ONE_RESULT = { command: "SELECT", rowCount: 1, fields: [{ name: "n", dataTypeID: 23 }], rows: [["1"]] };

function codeOf(work: () => unknown): string | undefined {
  try {
    work();
  } catch (error) {
    if (error instanceof DatabaseError) return error.code;
    throw error;
  }
  return undefined;
}

test("one query is no transaction", () => {
  expect(parseBatch("a", {}, '{"query":"select $1","params":["1"]}')).toEqual({
    user: "a",
    queries: [{ query: "select $1", params: ["1"] }],
    transaction: false,
  });
});

test("several queries are one transaction with the modes of the headers", () => {
  const headers = {
    "neon-batch-isolation-level": "Serializable",
    "neon-batch-read-only": "true",
    "neon-batch-deferrable": "false",
  };
  expect(parseBatch("a", headers, '{"queries":[{"query":"select 1"}]}')).toEqual({
    user: "a",
    queries: [{ query: "select 1", params: [] }],
    transaction: true,
    isolation: "Serializable",
    readOnly: true,
    deferrable: false,
  });
});

test.each(["", "[]", "null", '{"query":1}', '{"queries":[{}]}', '{"query":"select 1","params":"x"}'])(
  "refuses the body %s",
  (body) => {
    expect(codeOf(() => parseBatch("a", {}, body))).toBe("08P01");
  },
);

test.each(["ReadCommitted; drop table t", "toString"])("refuses the isolation level %s", (level) => {
  const headers = { "neon-batch-isolation-level": level };
  expect(codeOf(() => parseBatch("a", headers, '{"queries":[]}'))).toBe("08P01");
});

test("answers in the form of the question", () => {
  const answer = { ...ONE_RESULT, rowAsArray: true };
  const batch = { user: "a", queries: [] };
  expect(successBody({ ...batch, transaction: false }, [ONE_RESULT])).toEqual(answer);
  expect(successBody({ ...batch, transaction: true }, [ONE_RESULT])).toEqual({ results: [answer] });
});

test("an error of Postgres keeps its fields; any other is not mistaken for one", () => {
  const error = refusal("23505", "duplicate key");
  error.constraint = "things_pkey";
  expect(errorStatus(error)).toBe(400);
  expect(errorBody(error)).toMatchObject({ message: "duplicate key", code: "23505", constraint: "things_pkey" });
  expect(errorStatus(new Error("ECONNREFUSED"))).toBe(503);
  expect(errorBody(new Error("ECONNREFUSED"))).toEqual({ message: "ECONNREFUSED" });
});

const check = (url: string | undefined) => checkConnectionString(url, ADMIN_URL, LOGINS);

test("lets in the administrator and the known logins, on any host name", () => {
  expect(check("postgres://postgres:secret@db.example/shop")).toBe("postgres");
  expect(check("postgres://authenticator:w%40rd@localhost:1/shop")).toBe("authenticator");
});

test.each([
  ["a wrong password", "postgres://postgres:wrong@h/shop", "28P01"],
  ["no password", "postgres://postgres@h/shop", "28P01"],
  ["an unknown user", "postgres://service_role:secret@h/shop", "28P01"],
  ["a name that every object has", "postgres://constructor:x@h/shop", "28P01"],
  ["another database", "postgres://postgres:secret@h/other", "3D000"],
  ["no connection string", "postgres", "08P01"],
  ["no header", undefined, "08P01"],
])("refuses %s", (_, url, code) => {
  expect(codeOf(() => check(url))).toBe(code);
});
