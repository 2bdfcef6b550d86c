import * as fc from "fast-check";
import type { Relation, Relationship, Schema } from "../../shared/rest/schema/model.ts";

/** One request to the data door, before it is bound to a caller. */
export interface DoorCase {
  method: string;
  resource: string;
  query: string;
  headers: Record<string, string>;
  body: string;
}

/** Stands in every name that the schema does not list; it may come into a statement as the key of JSON only. */
export const NAME_MARK = "zq";
/** Stands in every value; it may come into no statement. */
export const VALUE_MARK = "vq";

const HOSTILE = [
  `${NAME_MARK}`,
  `${NAME_MARK}"; drop table messages; --`,
  `${NAME_MARK}') or 1=1 --`,
  `${NAME_MARK}.pg_authid`,
  `pg_catalog.${NAME_MARK}`,
  `"${NAME_MARK}`,
  `${NAME_MARK}\u0000`,
  `${NAME_MARK}'::text`,
];
const VALUES = [
  VALUE_MARK,
  `${VALUE_MARK}'; drop table messages; --`,
  `(${VALUE_MARK},"${VALUE_MARK}"`,
  `{${VALUE_MARK},"${VALUE_MARK}\\"}`,
  `[1,${VALUE_MARK})`,
  `%${VALUE_MARK}*\\`,
  `$1${VALUE_MARK}$$`,
  `${VALUE_MARK}\u0000`,
  `${"9".repeat(40)}${VALUE_MARK}`,
];
const PLAIN = [
  "1",
  "null",
  "true",
  "2026-01-01",
  "{}",
  "()",
  "(1,2)",
  "-1",
  "",
  "00000000-0000-4000-8000-000000000000",
];
const OPERATORS = [
  ..."eq neq gt gte lt lte like ilike match imatch in is isdistinct fts plfts phfts wfts cs cd ov sl sr nxr nxl adj".split(" "),
  "eq(any)", "like(all)", "fts(english)", `fts(${NAME_MARK})`, "not.eq", "not.in", "not.is", "not.not.eq", "xor",
]; // prettier-ignore
const CASTS = ["text", "int", "uuid", "jsonb", "text[]", "numeric(4,2)", "int); drop table x", "", "date"];
const AGGREGATES = ["count()", "sum()", "avg()", "min()", "max()", "median()"];
const ALIASES = ["a", "b c", "d", '"e"', "é"];
const PREFERENCES = [
  "return=representation", "return=minimal", "return=headers-only", "count=exact", "count=planned", "count=estimated",
  "resolution=merge-duplicates", "resolution=ignore-duplicates", "missing=default", "handling=strict", "max-affected=1",
  "timezone=Europe/Rome", "timezone=x", "tx=rollback", "odd",
]; // prettier-ignore
const FORMS = [
  "application/json", "text/csv", "*/*", "application/vnd.pgrst.object+json", "application/vnd.pgrst.array+json;nulls=stripped",
  "application/vnd.pgrst.plan+json", "text/plain", "application/octet-stream", "application/openapi+json", "x",
]; // prettier-ignore

const oneOf = <T>(...values: readonly T[]) => fc.constantFrom(...values);
const upTo = <T>(most: number, one: fc.Arbitrary<T>) => fc.array(one, { maxLength: most });

/** Requests in PostgREST's grammar, and near it, about the tables of a schema: `ids` are values worth asking for. */
export function doorCases(schema: Schema, of: string, ids: string[]): fc.Arbitrary<DoorCase> {
  const relations = [...schema.relations.values()].filter((relation) => relation.schema === of);
  const routines = schema.routines.filter((routine) => routine.schema === of).map(({ name }) => name);
  const value = fc.oneof(
    { weight: 4, arbitrary: oneOf(...PLAIN) },
    { weight: 3, arbitrary: oneOf(...VALUES) },
    { weight: 2, arbitrary: oneOf(...ids) },
  );
  const whole = fc.constantFrom(...relations).chain((relation) => aboutRelation(relation, schema, value));
  const call = fc
    .tuple(
      oneOf("GET", "POST", "HEAD", "DELETE"),
      fc.oneof(oneOf(...routines, "_reload_schema"), oneOf(...HOSTILE)),
      upTo(3, fc.tuple(oneOf("a", "select", "limit", NAME_MARK, "text"), value)),
      bodies(["a", "text"], value),
      headers,
    )
    .map(([method, name, pairs, body, more]) => ({
      method,
      resource: `rpc/${name}`,
      query: encoded(pairs),
      headers: more,
      body: method === "POST" ? body : "",
    }));
  const stray = fc
    .tuple(oneOf("GET", "POST", "OPTIONS", "PUT"), oneOf(...HOSTILE, "", "pg_class", "users"), headers)
    .map(([method, resource, more]) => ({ method, resource, query: "", headers: more, body: "" }));
  return fc.oneof(
    { weight: 14, arbitrary: whole },
    { weight: 6, arbitrary: bent(whole) },
    { weight: 1, arbitrary: call },
    { weight: 1, arbitrary: stray },
  );
}

const encoded = (pairs: [string, string][]) => new URLSearchParams(pairs).toString();

const headers: fc.Arbitrary<Record<string, string>> = fc
  .record({
    prefer: upTo(4, oneOf(...PREFERENCES)),
    accept: fc.oneof({ weight: 9, arbitrary: oneOf("application/json") }, oneOf(...FORMS)),
    range: fc.oneof({ weight: 9, arbitrary: oneOf("") }, oneOf("0-1", "5-", "3-1", "x")),
    type: fc.oneof(
      { weight: 6, arbitrary: oneOf("application/json") },
      oneOf("text/csv", "application/x-www-form-urlencoded", "text/plain", "x"),
    ),
    profile: fc.oneof({ weight: 30, arbitrary: oneOf("") }, oneOf("public", "auth", "switchboard", NAME_MARK)),
  })
  .map(({ prefer, accept, range, type, profile }) => ({
    prefer: prefer.join(", "),
    accept,
    "content-type": type,
    ...(range !== "" && { range }),
    ...(profile !== "" && { "accept-profile": profile, "content-profile": profile }),
  }));

function bodies(columns: string[], value: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const name = fc.oneof({ weight: 9, arbitrary: oneOf(...columns) }, oneOf(...HOSTILE));
  const scalar = fc.oneof(value, fc.constant(null), fc.integer(), fc.boolean(), fc.constant({ [VALUE_MARK]: 1 }));
  const row = fc.dictionary(name, scalar, { maxKeys: 4, noNullPrototype: true });
  return fc.oneof(
    { weight: 4, arbitrary: row.map((one) => JSON.stringify(one)) },
    { weight: 2, arbitrary: upTo(3, row).map((rows) => JSON.stringify(rows)) },
    oneOf("", "{", "1", "null", "[[]]", `a,b\n${VALUE_MARK},2`, `a=${VALUE_MARK}`),
  );
}

function aboutRelation(relation: Relation, schema: Schema, value: fc.Arbitrary<string>): fc.Arbitrary<DoorCase> {
  const near = schema.relationships.filter(({ from }) => from === relation);
  // a key's name is never ambiguous
  const ways = [...near.map(({ to }) => to.name), ...near.flatMap(({ constraint }) => [constraint, constraint])];
  return oneOf(...ways, NAME_MARK).chain((embedded) => aboutWay(relation, near, embedded, value));
}

/** Requests that mostly embed one resource. */
function aboutWay(
  relation: Relation,
  near: Relationship[],
  embedded: string,
  value: fc.Arbitrary<string>,
): fc.Arbitrary<DoorCase> {
  const column = fc.oneof(
    { weight: 30, arbitrary: oneOf(...relation.columns.keys()) },
    { weight: 1, arbitrary: oneOf(...HOSTILE) },
  );
  const key = fc.oneof(oneOf("a", "0", "-1", "a-b"), oneOf(`${NAME_MARK}k`, `${NAME_MARK}'k`));
  const field = fc.oneof(
    { weight: 8, arbitrary: column },
    fc.tuple(column, oneOf("->", "->>"), key).map((parts) => parts.join("")),
  );
  const filter = fc.oneof(
    { weight: 3, arbitrary: oneOf("is.null", "not.is.null", "is.not_null") },
    { weight: 2, arbitrary: fc.tuple(oneOf(...OPERATORS), value).map((parts) => parts.join(".")) },
  );
  const { tree } = fc.letrec<{ tree: string; node: string }>((tie) => ({
    node: fc.oneof(
      { depthSize: "small" },
      fc.tuple(field, filter).map((parts) => parts.join(".")),
      fc.tuple(oneOf("and", "or", "not.and", "not.or"), tie("tree")).map((parts) => parts.join("")),
    ),
    tree: fc.array(tie("node"), { minLength: 0, maxLength: 3 }).map((nodes) => `(${nodes.join(",")})`),
  }));
  const related = fc.oneof(
    { weight: 20, arbitrary: fc.constant(embedded) },
    { weight: 1, arbitrary: oneOf(...near.map(({ to }) => to.name), relation.name, "id") },
    { weight: 1, arbitrary: oneOf(...HOSTILE) },
  );
  const hint = fc.oneof(
    { weight: 9, arbitrary: oneOf("", "!inner", "!left") },
    oneOf(...near.slice(0, 6).map(({ constraint }) => `!${constraint}`), `!${NAME_MARK}`),
  );
  const alias = fc.oneof(
    { weight: 3, arbitrary: oneOf("") },
    oneOf(...ALIASES).map((name) => `${name}:`),
  );
  const item = fc.oneof(
    { weight: 5, arbitrary: oneOf("*") },
    {
      weight: 6,
      arbitrary: fc
        .tuple(
          alias,
          field,
          fc.oneof(
            { weight: 6, arbitrary: oneOf("", "", "::text") },
            oneOf(...CASTS).map((type) => `::${type}`),
          ),
        )
        .map((parts) => parts.join("")),
    },
    { weight: 1, arbitrary: fc.tuple(field, oneOf(...AGGREGATES)).map((parts) => parts.join(".")) },
    { weight: 1, arbitrary: oneOf("count()", "count", "a:count()") },
    {
      weight: 5,
      arbitrary: fc
        .tuple(
          oneOf("", "", "..."),
          alias,
          related,
          hint,
          oneOf("", "*", "id", "count", "id,*", "...organizations(name)"),
        )
        .map(([spread, as, name, hinted, inside]) => `${spread}${spread ? "" : as}${name}${hinted}(${inside})`),
    },
  );
  const select = upTo(3, item).map((items): [string, string] => ["select", items.join(",")]);
  const term = fc
    .tuple(field, oneOf("", ".asc", ".desc", ".desc.nullslast", ".nullsfirst", ".x"))
    .map((parts) => parts.join(""));
  const relatedTerm = fc.tuple(related, column).map(([name, of]) => `${name}(${of})`);
  const parameter = fc.oneof(
    { weight: 6, arbitrary: fc.tuple(field, filter) },
    { weight: 2, arbitrary: fc.tuple(oneOf("and", "or", "not.and", "not.or"), tree) },
    {
      weight: 2,
      arbitrary: fc.tuple(
        oneOf("order"),
        upTo(3, fc.oneof(term, relatedTerm)).map((terms) => terms.join(",")),
      ),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(oneOf("limit", "offset"), oneOf("1", "0", "2", "9", "x", "-1", "99999999999999")),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(
        fc.tuple(related, column).map((parts) => parts.join(".")),
        filter,
      ),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(
        related.map((name) => `${name}.order`),
        term,
      ),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(
        related.map((name) => `${name}.limit`),
        oneOf("1", "0", "x"),
      ),
    },
    { weight: 1, arbitrary: fc.tuple(related, oneOf("is.null", "not.is.null", "eq.1")) },
    {
      weight: 1,
      arbitrary: fc.tuple(
        oneOf("columns", "on_conflict"),
        upTo(2, column).map((names) => names.join(",")),
      ),
    },
  );
  return fc
    .tuple(
      fc.oneof({ weight: 6, arbitrary: oneOf("GET") }, oneOf("HEAD", "POST", "PATCH", "PUT", "DELETE")),
      fc.oneof({ weight: 4, arbitrary: select.map((one) => [one]) }, fc.constant([])),
      upTo(2, parameter),
      bodies([...relation.columns.keys()], value),
      headers,
    )
    .map(([method, first, pairs, body, more]) => ({
      method,
      resource: relation.name,
      query: encoded([...first, ...pairs] as [string, string][]),
      headers: more,
      body: method === "GET" || method === "HEAD" || method === "DELETE" ? "" : body,
    }));
}

/** The same with letters of the grammar put in, left out or doubled. */
function bent(cases: fc.Arbitrary<DoorCase>): fc.Arbitrary<DoorCase> {
  const change = fc.tuple(
    fc.nat(10_000),
    oneOf(0, 1),
    oneOf(..."(),.!:*\"'-> {}[]=&%\\".split(""), "->>", "::", "..."),
  );
  return fc.tuple(cases, fc.array(change, { minLength: 1, maxLength: 4 })).map(([one, changes]) => {
    const query = changes.reduce((text, [place, drop, put]) => {
      const at = text.length === 0 ? 0 : place % text.length;
      return text.slice(0, at) + encodeURIComponent(put) + text.slice(at + drop);
    }, one.query);
    return { ...one, query };
  });
}
