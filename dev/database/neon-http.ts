import type { IncomingHttpHeaders } from "node:http";
import { DatabaseError } from "pg";
import { isIsolation, type Batch, type Query, type QueryResult } from "./backend.ts";
import { refusal } from "./login.ts";

/** The error fields that the driver copies into `NeonDbError`, and only from a response with status 400. */
const ERROR_FIELDS = [
  "severity",
  "code",
  "detail",
  "hint",
  "position",
  "internalPosition",
  "internalQuery",
  "where",
  "schema",
  "table",
  "column",
  "dataType",
  "constraint",
  "file",
  "line",
  "routine",
] as const;

/**
 * Reads the body of `POST /sql`: `{ query, params }` is one statement, `{ queries: [...] }` one transaction whose modes
 * are in the headers `Neon-Batch-*`.
 * @throws DatabaseError 08P01 when the body or a header has another form.
 */
export function parseBatch(user: string, headers: IncomingHttpHeaders, body: string): Batch {
  const parsed = parseJson(body);
  if (isQuery(parsed)) return { user, queries: [toQuery(parsed)], transaction: false };
  if (!isRecord(parsed) || !Array.isArray(parsed["queries"]) || !parsed["queries"].every(isQuery)) {
    throw refusal("08P01", "the body must be { query, params } or { queries: [{ query, params }] }");
  }
  const isolation = headers["neon-batch-isolation-level"];
  if (isolation !== undefined && (typeof isolation !== "string" || !isIsolation(isolation))) {
    throw refusal("08P01", `unknown Neon-Batch-Isolation-Level: ${isolation}`);
  }
  return {
    user,
    queries: parsed["queries"].map(toQuery),
    transaction: true,
    isolation,
    readOnly: headers["neon-batch-read-only"] === "true",
    deferrable: headers["neon-batch-deferrable"] === "true",
  };
}

/** The answer to a batch, in the same form as the question. */
export function successBody(batch: Batch, results: QueryResult[]): unknown {
  const answers = results.map((result) => ({ ...result, rowAsArray: true }));
  return batch.transaction ? { results: answers } : answers[0];
}

/** 400 for what Postgres refused; 503 when it could not be asked, which the driver reports as an error without a code. */
export const errorStatus = (error: unknown): number => (error instanceof DatabaseError ? 400 : 503);

/** The error's message and, from Postgres, all of its fields. */
export function errorBody(error: unknown): Record<string, unknown> {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof DatabaseError)) return { message };
  return { message, ...Object.fromEntries(ERROR_FIELDS.map((field) => [field, error[field]])) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refusal("08P01", "the body is not JSON");
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

const isQuery = (value: unknown): value is { query: string; params?: unknown[] | null } =>
  isRecord(value) &&
  typeof value["query"] === "string" &&
  (value["params"] === undefined || value["params"] === null || Array.isArray(value["params"]));

const toQuery = ({ query, params }: { query: string; params?: unknown[] | null }): Query => ({
  query,
  params: params ?? [],
});
