import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { handleRest } from "../../shared/rest/handle.ts";
import { openDoor, settingsFor } from "../support/rest-door.ts";
import type { Asked } from "../support/rest-door.ts";

const SETTINGS = settingsFor("garden", true);
const SESSION = { role: "authenticated", claims: {} } as const;

let door: Awaited<ReturnType<typeof openDoor>>;
beforeAll(async () => {
  door = await openDoor(inject("cluster"), "rest-garden.sql", SESSION, SETTINGS);
});
afterAll(() => door.database.drop());

const ask: typeof door.ask = (...asked) => door.ask(...asked);
const bodyOf = async (path: string) => (await ask(path)).body;
const ids = (...list: number[]) => list.map((id) => ({ id }));
const post = (body: unknown, more: Asked = {}) => ({ method: "POST", body, ...more });

describe("reads", () => {
  test.each<[string, unknown]>([
    ["beds?select=count", [{ count: 3 }]],
    ["beds?select=id,plants(count)&id=eq.1", [{ id: 1, plants: [{ count: 2 }] }]],
    ["beds?select=&id=eq.3", [{ id: 3, name: "Empty", tint: null, spot: null, notes: null }]],
    ["beds?select=id,plants()&plants=is.null", ids(3)],
    ["beds?select=id,plants!inner()&plants.name=eq.Moss", ids(2)],
    ["guests?select=id,visits(beds(plants()))", ids(1, 2, 3)],
    ["beds?select=id,plants(id)'&id=eq.1", [{ id: 1, plants: ids(1, 2) }]],
    ["plants?select=id&and=(id.gt.1,id.lt.3))", ids(2)],
    ["plants?select=id&or=( and ( id.in.( 1, 2 ) , id.lt.2 ) , id.eq.3 )", ids(1, 3)],
    ["plants?select=id&not.or=(id.eq.1,name.like.T*)", ids(3, 4)],
    ["plants?select=id&id=in.()", []],
    ["plants?select=id&id=in.(   )", []],
    ["plants?select=id&id=not.in.()&limit=1", ids(1)],
    ['guests?select=id&name=in.(")', ids(2)],
    ['guests?select=id&name=in.("Ben, \\"Jr\\"","")', ids(3)],
    ["plants?select=id,tall&tall=is.TRUE", [{ id: 1, tall: true }]],
    ["beds?select=notes->soil->1->ph&id=eq.1", [{ ph: 7 }]],
    ["beds?select=notes->-1->>-2&id=eq.2", [{ notes: "9" }]],
    ["beds?select=notes->a-b&id=eq.1", [{ "a-b": 1 }]],
    ["beds?select=spot->y&id=eq.1", [{ y: 2 }]],
    ["plants?select=h:heights->1&id=eq.1", [{ h: 2 }]],
    ["tools?select=tool,plants(name)", [{ tool: 1, plants: { name: "Tulip" } }]],
    ["plants?select=id,tools(tool)&tools=not.is.null", [{ id: 2, tools: [{ tool: 1 }] }]],
    ["labels?select=...plants(flower:name)&order=plants(flower)", [{ flower: "Rose" }]],
    [
      "plants?select=...beds(bed:name,count())&bed_id=not.is.null&order=beds(bed)",
      [
        { bed: "North", count: 2 },
        { bed: "South", count: 1 },
      ],
    ],
  ])("%s", async (path, body) => {
    expect(await bodyOf(path)).toEqual(body);
  });

  test("values of a domain are shown, compared and written by its own functions", async () => {
    expect(await bodyOf("beds?select=id,tint&id=lt.3")).toEqual([
      { id: 1, tint: "#0000FF" },
      { id: 2, tint: "#000100" },
    ]);
    expect(await bodyOf("beds_shown?id=eq.1")).toEqual([{ id: 1, name: "North", tint: "#0000FF" }]);
    expect(await bodyOf("beds?select=hue:tint::text&id=eq.2")).toEqual([{ hue: '"#000100"' }]);
    expect(await bodyOf("beds?select=id&tint=eq.000100")).toEqual(ids(2));
    expect(await bodyOf("beds?select=id&tint=in.(000100,0000FF)")).toEqual(ids(1, 2));
    expect(await bodyOf("plants?select=id,beds(tint)&id=eq.1")).toEqual([{ id: 1, beds: { tint: "#0000FF" } }]);
    const whole = { prefer: "return=representation" };
    expect(await ask("beds?select=tint", post({ id: 9, name: "New", tint: "#00000A" }, whole))).toMatchObject({
      status: 201,
      body: [{ tint: "#00000A" }],
    });
    expect(
      await ask("beds?select=tint&id=eq.1", { method: "PATCH", body: { tint: "#00000B" }, ...whole }),
    ).toMatchObject({ body: [{ tint: "#00000B" }] });
  });

  test("pages: parameters and header narrow one another", async () => {
    const page = async (path: string, more: Asked = {}) => {
      const { status, headers, body } = await ask(path, more);
      return [status, headers["content-range"], body];
    };
    expect(await page("plants?select=id&limit=3", { range: "0-1" })).toEqual([200, "0-1/*", ids(1, 2)]);
    expect(await page("plants?select=id&limit=1&offset=1", { range: "0-9" })).toEqual([200, "1-1/*", ids(2)]);
    expect((await page("plants?select=id&limit=1", { range: "5-9" }))[0]).toBe(416);
    expect(await page("plants?select=id&limit=0")).toEqual([200, "*/*", []]);
    expect(await page("plants?offset=9", { prefer: "count=exact" })).toEqual([
      416,
      "*/4",
      expect.objectContaining({ code: "PGRST103" }),
    ]);
    // only a reading is paged by a header
    const head = await ask("plants?select=id", { method: "HEAD", range: "0-0" });
    expect(head.headers["content-range"]).toBe("0-3/*");
  });

  test("headers tell where an answer comes from", async () => {
    const { headers } = await ask("plants?name=eq.Rose&id=eq.1");
    expect(headers).toMatchObject({
      "content-location": "/plants?id=eq.1&name=eq.Rose",
      "content-profile": "garden",
    });
    const alone = await ask("plants", { settings: { schemas: ["garden"] } });
    expect(alone.headers).not.toHaveProperty("content-profile");
    expect(alone.headers["content-location"]).toBe("/plants");
  });

  test("a star means every column, those too that are not to be read", async () => {
    expect(await ask("guests")).toMatchObject({ status: 403, body: { code: "42501" } });
    expect(await bodyOf("guests?select=id&id=eq.1")).toEqual(ids(1));
  });
});

describe("what there is", () => {
  const root = async (more: Asked = {}) => {
    const { body, ...answer } = await ask("", more);
    return { ...answer, body: body as Record<string, Record<string, never>> };
  };

  test("tables are described with their keys, functions with their arguments", async () => {
    const { status, headers, body } = await root({ accept: "application/openapi+json" });
    expect([status, headers["content-type"]]).toEqual([200, "application/openapi+json; charset=utf-8"]);
    expect(body).toMatchObject({
      swagger: "2.0",
      info: { title: "A garden", description: "With beds\nand plants" },
      paths: {
        "/": { get: { tags: ["Introspection"] } },
        "/plants": {
          get: {
            summary: "What grows",
            description: "And what it needs",
            parameters: expect.arrayContaining([{ $ref: "#/parameters/rowFilter.plants.bed_id" }]),
            responses: { 200: { schema: { type: "array", items: { $ref: "#/definitions/plants" } } } },
          },
          post: { parameters: expect.arrayContaining([{ $ref: "#/parameters/body.plants" }]) },
        },
        "/rpc/list": {
          get: {
            parameters: [
              {
                name: "v",
                in: "query",
                required: false,
                type: "array",
                collectionFormat: "multi",
                items: { type: "string", format: "text" },
              },
            ],
          },
          post: {},
        },
      },
      definitions: {
        plants: {
          required: ["id"],
          properties: {
            id: { type: "integer", description: "Note:\nThis is a Primary Key.<pk/>" },
            name: { type: "string", description: "In plain words" },
            bed_id: {
              description: "Note:\nThis is a Foreign Key to `beds.id`.<fk table='beds' column='id'/>",
            },
            heights: { type: "array", items: { type: "integer" }, format: "integer[]" },
          },
        },
        jobs: {
          required: ["id", "hours"],
          properties: {
            season: { format: "garden.season", enum: ["spring", "autumn"], default: "spring", type: "string" },
            code: { format: "character", maxLength: 3, default: "abc" },
            hours: { format: "numeric", type: "number", default: 1.5 },
          },
        },
      },
    });
    expect(body["paths"]).not.toHaveProperty("/rpc/sow");
    expect(body["paths"]?.["/rpc/refuse"]).not.toHaveProperty("get");
  });

  test("only what the asking role may use", async () => {
    const request = {
      method: "GET",
      resource: "",
      parameters: new URLSearchParams(),
      headers: new Headers(),
      body: "",
    };
    const { response } = await handleRest(request, { role: "anon" }, door.tools);
    const { paths } = JSON.parse(String(response.body)) as { paths: object };
    expect(Object.keys(paths).filter((path) => !path.startsWith("/rpc/"))).toEqual(["/"]);
  });

  test("in this form, by reading alone", async () => {
    expect((await root({ accept: "text/csv" })).body).toMatchObject({ code: "PGRST107" });
    expect((await root({ method: "POST", body: {} })).body).toMatchObject({ code: "PGRST117" });
    expect(await root({ method: "HEAD" })).toMatchObject({ status: 200, body: null });
    expect((await root({ "accept-profile": "nowhere" })).status).toBe(406);
  });
});

describe("forms of the schema's own", () => {
  test.each<[string, string, string, unknown]>([
    ["rpc/hello", "text/plain", "text/plain; charset=utf-8", "Hello"],
    ["rpc/hello", "application/json", "application/json; charset=utf-8", "Hello"],
    ["rpc/unsaid", "text/plain", "text/plain; charset=utf-8", ""],
    ["rpc/seed", "image/x-seed, */*", "image/x-seed", new Uint8Array([0, 255, 65])],
    ["rpc/whatever", "*/*", "application/octet-stream", new TextEncoder().encode("any")],
    ["rpc/whatever", "app/odd", "app/odd", new TextEncoder().encode("any")],
    ["plants?select=id,name&id=lt.3", "text/tab-separated-values", "text/tab-separated-values", "1\tRose\n2\tTulip\n"],
    ["rpc/plants_below?id=2&select=id", "text/tab-separated-values", "text/tab-separated-values", "1\n"],
    ["labels", "application/json", "application/json; charset=utf-8", { label: "thorny" }],
    ["labels?select=text", "application/json", "application/json; charset=utf-8", [{ text: "thorny" }]],
  ])("%s as %s", async (path, accept, type, body) => {
    const method = path === "rpc/whatever" ? "POST" : "GET";
    expect(await ask(path, { accept, method })).toMatchObject({ status: 200, headers: { "content-type": type }, body });
  });

  test("what makes no such form is not asked for in it", async () => {
    expect(await ask("rpc/pick?a=1&b=2&c=3", { accept: "text/plain" })).toMatchObject({
      status: 406,
      body: { message: "None of these media types are available: text/plain" },
    });
    expect((await ask("plants", { accept: "image/x-seed" })).status).toBe(406);
  });
});

describe("refusals", () => {
  test.each<[string, string | null, string | null]>([
    [
      "plants?select=nam",
      "column plants.nam does not exist",
      'Perhaps you meant to reference the column "plants.name".',
    ],
    ["beds?select=id,plants(sum)", "column plants_1.sum does not exist", null],
    ["beds?select=plants(id),plants(name)", 'table name "beds_plants_1" specified more than once', null],
    ["plants?select=quite_other", "column plants.quite_other does not exist", null],
    [
      "plant",
      "Could not find the table 'garden.plant' in the schema cache",
      "Perhaps you meant the table 'garden.plants'",
    ],
    [
      "beds?select=id,plant(id)",
      "Could not find a relationship between 'beds' and 'plant' in the schema cache",
      "Perhaps you meant 'plants' instead of 'plant'.",
    ],
    [
      "plants?select=id,beds!nowhere(id)",
      "Could not find a relationship between 'plants' and 'beds' in the schema cache",
      null,
    ],
    [
      "rpc/plants_belo",
      "Could not find the function garden.plants_belo without parameters in the schema cache",
      "Perhaps you meant to call the function garden.plants_below",
    ],
    [
      "rpc/plants_below?ids=3",
      "Could not find the function garden.plants_below(ids) in the schema cache",
      "Perhaps you meant to call the function garden.plants_below(id)",
    ],
    ["plants?id=1", '"failed to parse filter (1)" (line 1, column 1)', null],
    ["plants?order=id.asc.nullslasttt", '"failed to parse order (id.asc.nullslasttt)" (line 1, column 17)', null],
    ["beds?select=id,plants(id)&plants=eq.1", "Bad operator on the 'plants' embedded resource", null],
    ["beds?select=notes->>--34", '"failed to parse select parameter (notes->>--34)" (line 1, column 10)', null],
  ])("%s", async (path, message, hint) => {
    expect(await bodyOf(path)).toMatchObject({ message, hint });
  });

  test.each<[string, string]>([
    ["plants?id=1", 'unexpected "1" expecting "not" or operator (eq, gt, ...)'],
    ["plants?order=id.asc.nullslasttt", "unexpected 't' expecting \",\" or end of input"],
    [
      "plants?or=()",
      'unexpected ")" expecting field name (* or [a..z0..9_$]), negation operator (not) or logic operator (and, or)',
    ],
  ])("%s, in detail", async (path, details) => {
    expect(await ask(path)).toMatchObject({ status: 400, body: { code: "PGRST100", details } });
  });

  test("ways between two relations are told in a fixed order, one for each column that a view repeats", async () => {
    const { body } = await ask("pairs?select=id,beds(id)");
    expect(body).toMatchObject({
      code: "PGRST201",
      details: [
        { cardinality: "many-to-one", relationship: "in_bed using pairs(that_bed) and beds(id)" },
        { cardinality: "many-to-one", relationship: "in_bed using pairs(this_bed) and beds(id)" },
      ],
    });
    expect(await bodyOf("pairs?select=id,beds!this_bed(id)&id=eq.1")).toEqual([{ id: 1, beds: { id: 1 } }]);
  });

  test("a function may word the whole refusal", async () => {
    const said = { code: "123", message: "ABC", details: "DEF", hint: "XYZ" };
    const how = { status: 444, headers: { "X-Header": "str" } };
    const refuse = (body: object) => ask("rpc/refuse", post(body));
    expect(await refuse({ said: JSON.stringify(said), how: JSON.stringify(how) })).toEqual({
      status: 444,
      body: said,
      headers: { "X-Header": "str" },
    });
    const details = async (body: object) => (await refuse(body)).body as { code: string; details: string };
    expect(await details({ said: "no" })).toMatchObject({
      code: "PGRST121",
      details: "Invalid JSON value for MESSAGE: 'no'",
    });
    expect((await details({ said: JSON.stringify(said) })).details).toBe("DETAIL is missing in the RAISE statement");
    expect((await details({ said: JSON.stringify(said), how: "no" })).details).toBe(
      "Invalid JSON value for DETAIL: 'no'",
    );
    expect(await ask("rpc/refuse_oddly", post({}))).toMatchObject({ status: 500, body: { code: "PT40A" } });
  });
});

describe("functions", () => {
  test.each<[string, unknown]>([
    ["rpc/plants_below?id=3&id=gt.1&select=id", ids(2)],
    ["rpc/plants_below?id=9&id=not.in.(1,2)&select=id&order=id", ids(3, 4)],
    ["rpc/plants_below?id=1&id=3&select=id&order=id", ids(1, 2)],
    [
      "rpc/plants_below?id=3&select=",
      [
        { id: 1, name: "Rose", bed_id: 1, heights: [1, 2] },
        { id: 2, name: "Tulip", bed_id: 1, heights: [3] },
      ],
    ],
    ["rpc/plants_below?id=3&select=id.max()", [{ max: 2 }]],
    ["rpc/row_of_any", { id: 1, name: "North" }],
    ["rpc/here", { x: 3, y: 4 }],
    [
      "rpc/first_plants?select=name,beds(name)",
      [
        { name: "Rose", beds: { name: "North" } },
        { name: "Tulip", beds: { name: "North" } },
      ],
    ],
    ["rpc/letters?c=abc&b=101", "abc101"],
    ["rpc/list", []],
    ["rpc/list?v=a&v=b", ["a", "b"]],
    ["rpc/path_seen", "/rpc/path_seen"],
    ["rpc/pick?a=1&b=2&c=3", 6],
    ["rpc/swallow", 0],
  ])("%s", async (path, body) => {
    expect(await ask(path)).toMatchObject({ status: 200, body });
  });

  test("of several that fit none is chosen", async () => {
    expect(await ask("rpc/pick?a=1")).toMatchObject({
      status: 300,
      body: {
        code: "PGRST203",
        message:
          "Could not choose the best candidate function between: garden.pick(a => integer), garden.pick(a => text, b => integer)",
      },
    });
    expect(await ask("rpc/pick?a=1&b=2&d=3")).toMatchObject({
      status: 404,
      body: { hint: "Perhaps you meant to call the function garden.pick(a, b, c)" },
    });
  });

  test("a body is taken apart, or whole by a function with one unnamed argument", async () => {
    const text = { "content-type": "text/plain" };
    expect((await ask("rpc/swallow", post({}))).body).toBe(0);
    expect((await ask("rpc/swallow", post({ x: 1, y: 2 }))).body).toBe(3);
    expect(
      (
        await ask(
          "rpc/swallow",
          post([
            { x: 1, y: 2 },
            { x: 5, y: 6 },
          ]),
        )
      ).body,
    ).toBe(3);
    expect((await ask("rpc/swallow", post({ z: 1 }))).body).toEqual({ z: 1 });
    expect((await ask("rpc/swallow", post("as it is", text))).body).toBe("text as it is");
    expect((await ask("rpc/swallow", post("x,y\n4,5", { "content-type": "text/csv" }))).body).toBe(9);
    const form = { "content-type": "application/x-www-form-urlencoded" };
    expect((await ask("rpc/list", post("v=a&v=b", form))).body).toEqual(["a", "b"]);
    expect((await ask("rpc/list", post("", form))).body).toEqual([]);
    expect((await ask("rpc/swallow?columns=x,y", post({ x: 1, y: 2, z: 3 }))).body).toBe(3);
    expect((await ask("rpc/taste", post({ "": "salt" }))).body).toBe('{"":"salt"}');
  });

  test("a function whose argument has neither a name nor a type that a body could have is not there", async () => {
    expect((await ask("rpc/sow", post({ "": 1 }))).body).toEqual({
      code: "PGRST202",
      message: "Could not find the function garden.sow() in the schema cache",
      details:
        "Searched for the function garden.sow with parameter  or with a single unnamed json/jsonb parameter, but no matches were found in the schema cache.",
      hint: "Perhaps you meant to call the function garden.swallow",
    });
    expect((await ask("rpc/maybe", post({}))).body).toMatchObject({
      message: "Could not choose the best candidate function between: garden.maybe(), garden.maybe( => text)",
    });
  });

  test("a body that no function takes is refused in its own words", async () => {
    expect((await ask("rpc/sow", post({ x: 1, y: 2 }))).body).toMatchObject({
      message: "Could not find the function garden.sow(x, y) in the schema cache",
      details:
        "Searched for the function garden.sow with parameters x, y or with a single unnamed json/jsonb parameter, but no matches were found in the schema cache.",
    });
    expect((await ask("rpc/sow", post("x", { "content-type": "text/plain" }))).body).toMatchObject({
      message: "Could not find the function garden.sow in the schema cache",
      details:
        "Searched for the function garden.sow with a single unnamed text parameter, but no matches were found in the schema cache.",
      hint: null,
    });
  });

  test("status and headers may be set, and are checked", async () => {
    const answer = (status: string, headers: string) => ask("rpc/answer", post({ status, headers }));
    expect(await answer("208", '[{"x-a": "1"}, {"content-range": "mine"}]')).toMatchObject({
      status: 208,
      headers: { "x-a": "1", "content-range": "mine" },
    });
    expect((await answer("many", "[]")).body).toMatchObject({ code: "PGRST112" });
    for (const wrong of ["{}", "[1]", '[{"a": 1}]', '[{"a": "1", "b": "2"}]']) {
      expect((await answer("200", wrong)).body).toMatchObject({ code: "PGRST111" });
    }
  });

  test("one row is an object, and null where the filters leave none", async () => {
    expect(await ask("rpc/here?x=eq.3")).toMatchObject({ status: 200, body: { x: 3, y: 4 } });
    expect(await ask("rpc/here?x=eq.9")).toMatchObject({ status: 200, body: null });
    expect((await ask("rpc/here?x=eq.9", { accept: "application/vnd.pgrst.object+json" })).status).toBe(406);
  });

  test("how many rows there may be is asked of functions that return a set", async () => {
    const strict = { prefer: "handling=strict, max-affected=1" };
    expect((await ask("rpc/plants_below", post({ id: 9 }, strict))).body).toMatchObject({ code: "PGRST124" });
    expect((await ask("rpc/swallow", post({}, strict))).body).toMatchObject({ code: "PGRST128" });
  });
});

describe("writes", () => {
  const applied = async (path: string, more: Asked) => (await ask(path, more)).headers["preference-applied"];

  test("only preferences that matter are said to have been heeded", async () => {
    const prefer =
      "return=minimal, count=exact, resolution=merge-duplicates, missing=default, max-affected=9, timezone=Europe/Rome";
    const rest = "count=exact, tx=rollback, timezone=Europe/Rome";
    expect(await applied("plants", { prefer })).toBe(rest);
    expect(await applied("plants", { prefer: "timezone=Europe/Atlantis" })).toBe("tx=rollback");
    expect(await applied("plants", post({ id: 9 }, { prefer }))).toBe(
      `resolution=merge-duplicates, missing=default, return=minimal, ${rest}`,
    );
    expect(await applied("plants?id=eq.1", { method: "PATCH", body: { name: "X" }, prefer })).toBe(
      `missing=default, return=minimal, ${rest}`,
    );
    expect(await applied("plants?id=eq.4", { method: "DELETE", prefer: `handling=strict, ${prefer}` })).toBe(
      "return=minimal, count=exact, tx=rollback, handling=strict, timezone=Europe/Rome, max-affected=9",
    );
    expect((await ask("plants", { prefer: "handling=strict, timezone=Europe/Atlantis" })).body).toMatchObject({
      code: "PGRST122",
      details: "Invalid preferences: timezone=Europe/Atlantis",
    });
  });

  test("one row is one row whether or not it is shown", async () => {
    const single = { method: "PATCH", body: { name: "X" }, accept: "application/vnd.pgrst.object+json" };
    expect(await ask("plants?id=lt.3", single)).toMatchObject({ status: 406, body: { code: "PGRST116" } });
    expect(await ask("plants?id=eq.1", single)).toMatchObject({ status: 204 });
  });

  test("a row in its place", async () => {
    const put = (id: number, prefer: string) =>
      ask(`plants?id=eq.${id}`, { method: "PUT", body: { id, name: "Put" }, prefer });
    expect(await put(1, "return=representation")).toMatchObject({ status: 200 });
    expect(await put(77, "return=representation")).toMatchObject({ status: 201 });
    const quiet = await put(77, "return=minimal, missing=default");
    expect(quiet).toMatchObject({ status: 204, headers: { "preference-applied": "return=minimal, tx=rollback" } });
    expect(quiet.headers).not.toHaveProperty("content-range");
  });

  test.each<[string, unknown, object]>([
    ["application/json", "", { status: 400, body: { message: "Empty or invalid json" } }],
    ["application/json", "1", { status: 201 }],
    ["application/json", "[1]", { status: 400, body: { message: "All object keys must match" } }],
    ["application/json", [{ id: 8 }, { id: 9, name: "X" }], { status: 400, body: { code: "PGRST102" } }],
    ["text/yaml", "id: 1", { status: 400, body: { message: "Content-Type not acceptable: text/yaml" } }],
  ])("a body of %s: %j", async (type, body, answer) => {
    expect(await ask("plants", post(body, { "content-type": type }))).toMatchObject(answer);
  });

  test("the place of a new row is told of a single one", async () => {
    const only = { prefer: "return=headers-only" };
    expect((await ask("plants", post({ id: 8 }, only))).headers["location"]).toBe("/plants?id=eq.8");
    expect((await ask("plants", post([{ id: 8 }, { id: 9 }], only))).headers).not.toHaveProperty("location");
  });
});
