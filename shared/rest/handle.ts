import type { Exec, Row, Session, Statement } from "../db/exec.ts";
import { DatabaseError } from "../db/exec.ts";
import { FEED_COLUMN } from "../feed/watch.ts";
import type { Wake } from "../ingest/ingest.ts";
import { compileCall } from "./compile/call.ts";
import type { Context } from "./compile/context.ts";
import type { Answer, Plan } from "./compile/plan.ts";
import { KEPT, keepingStatementOf, statementOf } from "./compile/statement.ts";
import { compileRead } from "./compile/read.ts";
import { Parameters } from "./compile/sql.ts";
import { compileDelete, compileInsert, compilePut, compileUpdate } from "./compile/write.ts";
import { RestError } from "./error.ts";
import { parseAccept } from "./parse/accept.ts";
import type { Format, Media } from "./parse/accept.ts";
import { parseBody } from "./parse/body.ts";
import { parsePrefer } from "./parse/prefer.ts";
import { parseQuery } from "./parse/query.ts";
import { parseRange } from "./parse/range.ts";
import { answerRoot } from "./openapi/answer.ts";
import type { Place } from "./openapi/document.ts";
import { respond } from "./respond/answer.ts";
import type { RestResponse } from "./respond/answer.ts";
import type { Schema } from "./schema/model.ts";
import { findRelation } from "./schema/resolve.ts";
import { opening } from "./session.ts";

export interface RestSettings {
  /** Those that clients reach, the first when they name none. */
  schemas: string[];
  /** Rows that one resource answers at most. */
  max_rows: number;
  aggregates: boolean;
  /** Clients may ask for Postgres' plan of a request. */
  plans: boolean;
  /** Clients may ask for a transaction that is rolled back. */
  rollback: boolean;
  /** Milliseconds that one statement may take. */
  statement_timeout_ms: number;
  /** The database is not ours: everything is done just as PostgREST does it. */
  foreign: boolean;
}

export interface RestRequest {
  method: string;
  /** What follows `/rest/v1/`, decoded: a table's name, or `rpc/` and a function's; empty for what there is. */
  resource: string;
  /** Where the door stands. */
  place?: Place;
  parameters: URLSearchParams;
  headers: Headers;
  body: string;
}

/** What is sent back, and the conversations that have something to do because of it. */
export interface Handled {
  response: RestResponse;
  touched: Wake[];
}

export interface RestTools {
  exec: Exec;
  schema: Schema;
  settings: RestSettings;
}

/**
 * Answers one request of the data door in one transaction: whom it is for, then one statement.
 * @throws RestError, DatabaseError, DatabaseUnavailable; `refusalOf` words them
 */
export async function handleRest(request: RestRequest, session: Session, tools: RestTools): Promise<Handled> {
  const { exec, settings } = tools;
  if (request.resource === "") return { response: await describe(request, session, tools), touched: [] };
  const preferences = parsePrefer(request.headers.get("prefer"));
  const schema = schemaOf(request, settings);
  const format = parseAccept(request.headers.get("accept"), {
    plans: settings.plans,
    text: request.resource.startsWith("rpc/") && !settings.foreign,
    own: (type) => ownForm(type, request, schema, tools.schema),
  });
  const context: Context = {
    schema: tools.schema,
    role: session.role,
    stars_are_whole: settings.foreign,
    parameters: new Parameters(),
    max_rows: settings.max_rows,
    aggregates: settings.aggregates,
  };
  const plan = compile(request, schema, { preferences, format }, context);
  const first = opening(request, plan, schema, preferences, settings);

  const statement = statementOf(plan);
  if (format.plan) {
    const [, rows = []] = await exec(session, [first, explained(statement, format.plan)]);
    return { response: planResponse(rows, format.plan), touched: [] };
  }
  const rollback = preferences.tx === "rollback" && settings.rollback && !plan.read_only;
  const [row, more] = rollback
    ? [await rolledBack(() => exec(session, [first, keepingStatementOf(plan), GIVE_UP])), undefined]
    : await answered(exec(session, [first, statement, plan.read_only ? (plan.estimate ?? NOTHING) : TOUCHED]));
  const response = respond(plan, row, plan.read_only ? plannedRows(more) : undefined, {
    method: request.method,
    resource: request.resource.replace(/^rpc\//, ""),
    format,
    preferences,
    max_rows: settings.max_rows,
    rollback_allowed: settings.rollback,
    location: canonical(request),
    profile: settings.schemas.length > 1 ? schema : undefined,
  });
  return { response, touched: plan.read_only ? [] : touchedIn(more) };
}

const NOWHERE: Place = { host: "localhost", scheme: "http", path: "/" };

function describe(
  request: RestRequest,
  session: Session,
  { exec, settings, schema }: RestTools,
): Promise<RestResponse> {
  const root = {
    method: request.method,
    accept: request.headers.get("accept"),
    schema: schemaOf(request, settings),
    has_choice: settings.schemas.length > 1,
    place: request.place ?? NOWHERE,
  };
  return answerRoot(root, session, { exec, schema });
}

/** A form that the schema makes of what is asked for: of this relation or function, or of any rows. */
function ownForm(
  asked: string,
  { resource, parameters }: RestRequest,
  schema: string,
  known: Schema,
): Media | undefined {
  const name = resource.replace(/^rpc\//, "");
  const routines = name === resource ? [] : known.routines.filter((one) => one.schema === schema && one.name === name);
  const relation = routines.length > 0 ? routines[0]?.returns_relation : `${schema}.${name}`;
  const isWhole = ["", "*", null].includes(parameters.get("select"));
  const special = isWhole
    ? [...known.media.filter(({ of }) => of === relation), ...routines.flatMap(({ media }) => media ?? [])]
    : [];
  const any = special.find(({ asked_as }) => asked_as === "*/*");
  // what answers anything answers with the type that was asked for, where that is one
  if (any) return any;
  return [...special, ...known.media.filter(({ of }) => !of)].find(({ asked_as }) => asked_as === asked);
}

const encode = (text: string) => encodeURIComponent(text).replaceAll("*", "%2A");

/** A reading's address with its parameters in the order of their names. */
function canonical({ resource, parameters }: RestRequest): string {
  const sorted = [...parameters].toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const query = sorted.map(([key, value]) => `${encode(key)}=${encode(value)}`).join("&");
  return `/${encodeURIComponent(resource)}${query === "" ? "" : `?${query}`}`;
}

const NOTHING: Statement = { text: "SELECT" };

/** What triggers noted while the statement ran: the row of the statement itself was made before they fired. */
const TOUCHED: Statement = {
  text: `SELECT nullif(current_setting('switchboard.touched', true), '') AS touched, ${FEED_COLUMN}`,
};

async function answered(results: Promise<Row[][]>): Promise<[Answer, Row[] | undefined]> {
  const [, rows, more] = await results;
  return [rows?.[0] as unknown as Answer, more];
}

/** Of each conversation its earliest moment. */
function touchedIn(rows: Row[] | undefined): Wake[] {
  const noted = rows?.[0]?.["touched"];
  const soonest = new Map<string, number>();
  for (const note of typeof noted === "string" ? noted.split(" ") : []) {
    const [conversation_id = "", due_in_ms] = note.split(":");
    soonest.set(conversation_id, Math.min(Number(due_in_ms), soonest.get(conversation_id) ?? Infinity));
  }
  return [...soonest].map(([conversation_id, due_in_ms]) => ({ conversation_id, due_in_ms }));
}

/** @throws RestError PGRST106 for a schema that is not for clients */
function schemaOf({ method, headers }: RestRequest, { schemas }: RestSettings): string {
  const reads = method === "GET" || method === "HEAD";
  const asked = headers.get(reads ? "accept-profile" : "content-profile");
  const [first = "public"] = schemas;
  if (asked === null || schemas.includes(asked)) return asked ?? first;
  throw new RestError(
    406,
    "PGRST106",
    `Invalid schema: ${asked}`,
    null,
    `Only the following schemas are exposed: ${schemas.join(", ")}`,
  );
}

type Wanted = { preferences: ReturnType<typeof parsePrefer>; format: ReturnType<typeof parseAccept> };

function compile(request: RestRequest, schema: string, wanted: Wanted, context: Context): Plan {
  const { method, resource, parameters, headers, body } = request;
  const head = method === "HEAD";
  const window = method === "GET" ? parseRange(headers.get("range")) : undefined;
  const content_type = headers.get("content-type");
  if (resource.startsWith("rpc/")) {
    const name = resource.slice("rpc/".length);
    const call = { ...wanted, schema, name, parameters, head, window };
    if (method === "GET" || head) return compileCall(call, context);
    if (method !== "POST") throw new RestError(405, "PGRST101", `Cannot use the ${method} method on RPC`);
    return compileCall({ ...call, body: { text: body, content_type: content_type ?? "" } }, context);
  }
  const relation = findRelation(context.schema, schema, resource);
  const asked = { ...wanted, query: parseQuery(parameters), head, window };
  switch (method) {
    case "GET":
    case "HEAD":
      return compileRead(relation, asked, context);
    case "POST":
      return compileInsert(relation, parseBody(body, content_type), asked, context);
    case "PUT":
      return compilePut(relation, parseBody(body, content_type), asked, context);
    case "PATCH":
      return compileUpdate(relation, parseBody(body, content_type), asked, context);
    case "DELETE":
      return compileDelete(relation, asked, context);
    default:
      throw new RestError(405, "PGRST117", `Unsupported HTTP method: ${method}`);
  }
}

function explained({ text, params }: Statement, { json, options }: { json: boolean; options: string[] }): Statement {
  const list = [...options.map((option) => option.toUpperCase()), `FORMAT ${json ? "JSON" : "TEXT"}`].join(", ");
  return { text: `EXPLAIN (${list}) ${text}`, params: params ?? [] };
}

function planResponse(rows: Row[], { json, options, of }: NonNullable<Format["plan"]>): RestResponse {
  const lines = rows.map((row) => row["QUERY PLAN"]);
  const asked = options.length > 0 ? `; options=${options.join("|")}` : "";
  const type = `application/vnd.pgrst.plan+${json ? "json" : "text"}; for="${of}"${asked}; charset=utf-8`;
  return {
    status: 200,
    headers: [["content-type", type]],
    body: json ? JSON.stringify(lines[0]) : lines.join("\n"),
  };
}

function plannedRows(rows: Row[] | undefined): number | undefined {
  const plan = rows?.[0]?.["QUERY PLAN"] as { Plan?: { "Plan Rows"?: number } }[] | undefined;
  return plan?.[0]?.Plan?.["Plan Rows"];
}

const ROLLBACK = "SBTXR";

/** Fails on purpose, with the finished answer as its detail: a batch has no other way not to commit. */
const GIVE_UP: Statement = {
  text: `DO $$ BEGIN
    RAISE EXCEPTION 'rolled back as asked' USING ERRCODE = '${ROLLBACK}', DETAIL = current_setting('${KEPT}');
  END $$`,
};

async function rolledBack(run: () => Promise<unknown>): Promise<Answer> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== ROLLBACK) throw error;
    return JSON.parse(error.detail ?? "{}") as Answer;
  }
  throw new Error("a transaction that was to be rolled back was committed");
}
