import { describe, expect, test } from "vitest";
import { RestError } from "../error.ts";
import { parseAccept } from "./accept.ts";
import { parseBody } from "./body.ts";
import { parseInList } from "./filter.ts";
import { parseLogic } from "./logic.ts";
import { splitPath } from "./names.ts";
import { parseOrder } from "./order.ts";
import { parsePrefer } from "./prefer.ts";
import { parseQuery } from "./query.ts";
import { parseRange } from "./range.ts";
import { parseSelect } from "./select.ts";

const field = (name: string, ...path: [string, string][]) => ({
  name,
  path: path.map(([operator, key]) => ({ operator, key })),
});
const filter = (name: string, operator: string, value: string, more: object = {}) => ({
  kind: "filter",
  field: field(name),
  negated: false,
  operator,
  value,
  ...more,
});

describe("select", () => {
  test.each<[string, object[]]>([
    ["*", [{ kind: "star" }]],
    ["", [{ kind: "star" }]],
    [
      "id, full name",
      [
        { kind: "column", field: field("id") },
        { kind: "column", field: field("full name") },
      ],
    ],
    ["n:name::text", [{ kind: "column", alias: "n", field: field("name"), cast: "text" }]],
    ["name::text", [{ kind: "column", field: field("name"), cast: "text" }]],
    ['"a.b"->"c,d"', [{ kind: "column", field: field("a.b", ["->", "c,d"]) }]],
    [
      "total:price.sum()::int",
      [{ kind: "column", alias: "total", field: field("price"), aggregate: "sum", aggregateCast: "int" }],
    ],
    ["price::int.avg()", [{ kind: "column", field: field("price"), cast: "int", aggregate: "avg" }]],
    ["count()", [{ kind: "column", aggregate: "count" }]],
    ["count", [{ kind: "column", field: field("count") }]],
  ])("%s", (text, items) => {
    expect(parseSelect(text)).toEqual(items);
  });

  test("resources are embedded by name, alias, hint and kind of join", () => {
    expect(parseSelect("id,writer:people!author!inner(name,cities(*)),...tags(label),empty()")).toEqual([
      { kind: "column", field: field("id") },
      {
        kind: "embed",
        name: "people",
        alias: "writer",
        hint: "author",
        inner: true,
        spread: false,
        items: [
          { kind: "column", field: field("name") },
          { kind: "embed", name: "cities", inner: false, spread: false, items: [{ kind: "star" }] },
        ],
      },
      { kind: "embed", name: "tags", inner: false, spread: true, items: [{ kind: "column", field: field("label") }] },
      { kind: "embed", name: "empty", inner: false, spread: false, items: [] },
    ]);
  });

  test.each(["id,", "(a)", "a(b", "a[]", "x.median()", "->a", 'a"b'])("%s is refused, and where", (text) => {
    expect(() => parseSelect(text)).toThrow(RestError);
    expect(() => parseSelect(text)).toThrow("failed to parse select parameter");
  });
});

describe("filters", () => {
  const conditionOf = (query: string) => parseQuery(new URLSearchParams(query)).clauses[0]?.condition;

  test.each<[string, object]>([
    ["a=eq.1", filter("a", "eq", "1")],
    ["a=not.is.null", filter("a", "is", "null", { negated: true })],
    ["a=eq.x.y,z", filter("a", "eq", "x.y,z")],
    ["a=like(any).{*x,y*}", filter("a", "like", "{*x,y*}", { quantifier: "any" })],
    ["a=fts(english).cat", filter("a", "fts", "cat", { language: "english" })],
    ["a=eq.", filter("a", "eq", "")],
  ])("%s", (query, condition) => expect(conditionOf(query)).toEqual(condition));

  test.each(["a=1", "a=equals.1", "a=in(any).(1)", "a=eq(english).1", "a b.c=x"])("%s is refused", (query) => {
    expect(() => conditionOf(query)).toThrow(RestError);
  });

  test("a list keeps what is quoted together", () => {
    expect(parseInList('(1,"two, \\"three\\"",)')).toEqual(["1", 'two, "three"', ""]);
    expect(parseInList('(",a"b,"c" d)')).toEqual(['"', 'a"b', '"c" d']);
    expect(parseInList("(   )")).toEqual([]);
    expect(parseInList("( ,3)")).toEqual(["", "3"]);
    expect(parseInList("()")).toEqual([]);
    expect(() => parseInList("(1,2")).toThrow(RestError);
  });
});

describe("trees of conditions", () => {
  test.each<[string, object[]]>([
    ["(a.eq.1,b.is.null)", [filter("a", "eq", "1"), filter("b", "is", "null")]],
    ['(a.in.(1,"x)y"),b.eq.2)', [filter("a", "in", '(1,"x)y")'), filter("b", "eq", "2")]],
    ['(a.eq."x,y)",b.eq.2)', [filter("a", "eq", "x,y)"), filter("b", "eq", "2")]],
    ["(a.cs.{1,2},b.ov.[1,5))", [filter("a", "cs", "{1,2}"), filter("b", "ov", "[1,5)")]],
    ["(name.ilike.%x%,phone.ilike.%x%)", [filter("name", "ilike", "%x%"), filter("phone", "ilike", "%x%")]],
  ])("%s", (text, conditions) => expect(parseLogic("or", false, text)).toMatchObject({ conditions }));

  test("they nest, and are negated", () => {
    expect(parseLogic("and", false, "(a.eq.1,not.or(b.eq.2,and(c.eq.3,d.not.eq.4)))")).toMatchObject({
      conditions: [
        filter("a", "eq", "1"),
        {
          operator: "or",
          negated: true,
          conditions: [
            filter("b", "eq", "2"),
            { operator: "and", conditions: [filter("c", "eq", "3"), filter("d", "eq", "4", { negated: true })] },
          ],
        },
      ],
    });
  });

  test.each(["", "()", "(a.eq.1", "(a)", `${"(and".repeat(40)}`, `${"(and(".repeat(99)}a.eq.1`])(
    "%s is refused",
    (text) => expect(() => parseLogic("or", false, text)).toThrow(RestError),
  );
});

test.each<[string, unknown[], string, string]>([
  [
    "tree without conditions",
    ["or", false, "()"],
    '"failed to parse logic tree (())" (line 1, column 4)',
    'unexpected ")" expecting field name (* or [a..z0..9_$]), negation operator (not) or logic operator (and, or)',
  ],
  [
    "list without brackets",
    ["or", false, "(id.in.1,2,id.eq.3)"],
    '"failed to parse logic tree ((id.in.1,2,id.eq.3))" (line 1, column 10)',
    'unexpected "1" expecting "("',
  ],
  [
    "word that is no operator",
    ["and", false, "(ord(id.eq.1,id.eq.1),id.eq.2)"],
    '"failed to parse logic tree ((ord(id.eq.1,id.eq.1),id.eq.2))" (line 1, column 7)',
    'unexpected "d" expecting "("',
  ],
])("a %s is refused in the words that clients know", (_, [operator, negated, text], message, details) => {
  const parse = () => parseLogic(operator as "or", negated as boolean, text as string);
  expect(parse).toThrow(expect.objectContaining({ message, details }) as Error);
});

describe("the parameters of a request", () => {
  test("each is for the resource that its name leads to", () => {
    const query = parseQuery(
      new URLSearchParams(
        "select=id&order=id.desc.nullslast&limit=5&a.b.c=eq.1&a.or=(x.eq.1)&a.not.and=(x.eq.1)&a.offset=2",
      ),
    );
    expect(query.clauses).toMatchObject([
      { path: [], order: [{ field: field("id"), direction: "desc", nulls: "last" }] },
      { path: [], limit: 5 },
      { path: ["a", "b"], condition: filter("c", "eq", "1") },
      { path: ["a"], condition: { operator: "or", negated: false } },
      { path: ["a"], condition: { operator: "and", negated: true } },
      { path: ["a"], offset: 2 },
    ]);
  });

  test("dots inside of quotes and JSON paths are no path", () => {
    expect(splitPath('a."b.c".d')).toEqual(["a", "b.c", "d"]);
    expect(splitPath("a.data->>x.y")).toEqual(["a", "data->>x.y"]);
  });

  test("a limit below zero cannot be met, and one that is no number is passed over", () => {
    expect(() => parseQuery(new URLSearchParams("limit=-1"))).toThrow(expect.objectContaining({ code: "PGRST103" }));
    expect(parseQuery(new URLSearchParams("limit=many")).clauses).toEqual([{ path: [] }]);
  });

  test("order by a field of an embedded resource", () => {
    expect(parseOrder("author(name).asc,id")).toEqual([
      { relation: "author", field: field("name"), direction: "asc" },
      { field: field("id") },
    ]);
  });
});

describe("headers", () => {
  test("preferences: the first of a kind counts, unknown ones only when they must be known", () => {
    expect(parsePrefer("return=minimal, count=exact,return=representation, max-affected=3, odd=1")).toEqual({
      return: "minimal",
      count: "exact",
      max_affected: 3,
    });
    expect(() => parsePrefer("handling=strict, odd=1")).toThrow(expect.objectContaining({ code: "PGRST122" }));
  });

  test("a range is a window of rows", () => {
    expect(parseRange("0-24")).toEqual({ offset: 0, limit: 25 });
    expect(parseRange("10-")).toEqual({ offset: 10 });
    expect(parseRange("bytes=0-1")).toBeUndefined();
    expect(() => parseRange("9-3")).toThrow(expect.objectContaining({ code: "PGRST103" }));
  });

  test("the first form that we have is chosen", () => {
    expect(parseAccept("text/html, application/vnd.pgrst.object+json;nulls=stripped, */*")).toEqual({
      kind: "object",
      strip_nulls: true,
    });
    expect(() => parseAccept("text/html")).toThrow(expect.objectContaining({ code: "PGRST107" }));
    expect(() => parseAccept("application/vnd.pgrst.plan+json")).toThrow(RestError);
  });
});

describe("bodies", () => {
  test("numbers are kept as they were spelled", () => {
    expect(parseBody('{"id": 12345678901234567890}', null)).toMatchObject({
      json: '[{"id": 12345678901234567890}]',
      keys: ["id"],
      single: true,
    });
  });

  test("objects of different forms are told", () => {
    expect(parseBody('[{"a":1},{"b":2}]', "application/json; charset=utf-8")).toMatchObject({
      uniform: false,
      count: 2,
    });
  });

  test("CSV: quotes, lines in cells, and null", () => {
    const { json } = parseBody('a,b\r\n1,"x, ""y""\nz"\nNULL,\n', "text/csv");
    expect(JSON.parse(json)).toEqual([
      { a: "1", b: 'x, "y"\nz' },
      { a: null, b: "" },
    ]);
  });

  test.each([
    ["{", "application/json"],
    ["", "application/json"],
    ["[1]", "application/json"],
    ["a,b\n1", "text/csv"],
    ["x", "image/png"],
  ])("%s as %s is refused", (body, type) => expect(() => parseBody(body, type)).toThrow(RestError));
});
