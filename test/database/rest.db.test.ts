import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { handleRest } from "../../shared/rest/handle.ts";
import { openDoor, settingsFor } from "../support/rest-door.ts";

const SETTINGS = settingsFor("library", false);
const SESSION = { role: "authenticated", claims: { sub: "ann" } } as const;

let door: Awaited<ReturnType<typeof openDoor>>;
beforeAll(async () => {
  door = await openDoor(inject("cluster"), "rest-library.sql", SESSION, SETTINGS);
});
afterAll(() => door.database.drop());

const ask: typeof door.ask = (...asked) => door.ask(...asked);
const bodyOf = async (path: string) => (await ask(path)).body;
const titles = (...list: string[]) => list.map((title) => ({ title }));

describe("columns", () => {
  test.each<[string, unknown]>([
    ["authors?select=name&id=eq.1", [{ name: "Ann" }]],
    ["authors?select=who:name,age:born::text&id=eq.1", [{ who: "Ann", age: "1920" }]],
    ["authors?select=data->mail->>home,data->langs->1&id=eq.1", [{ home: "ann@x", langs: "de" }]],
    ["authors?select=lang:data->langs->0&id=eq.1", [{ lang: "en" }]],
    [
      "authors?select=name,shout&id=lte.2&order=id",
      [
        { name: "Ann", shout: "ANN" },
        { name: "Ben", shout: "BEN" },
      ],
    ],
    ["writers?select=full_name&order=writer_id.desc&limit=1", [{ full_name: "Cem" }]],
    ["portraits?select=*", [{ author_id: 1 }]],
  ])("%s", async (path, rows) => expect(await bodyOf(path)).toEqual(rows));
});

describe("filters", () => {
  test.each<[string, string[]]>([
    ["price=gt.5&price=lt.25", ["Dogs"]],
    ["title=like.*ogs", ["Cats and dogs", "Dogs"]],
    ["title=ilike(any).{gard*,*CATS*}", ["Cats and dogs", "Gardens"]],
    ["title=match.^D", ["Dogs"]],
    ["id=in.(1,3)", ["Cats and dogs", "Gardens"]],
    ["id=not.in.(1,3)", ["Dogs", "Untitled"]],
    ["id=eq(any).{2,3}", ["Dogs", "Gardens"]],
    ["author_id=is.null", ["Untitled"]],
    ["editor_id=isdistinct.2", ["Dogs", "Gardens", "Untitled"]],
    ["words=fts(english).dog", ["Cats and dogs", "Dogs"]],
    ["title=wfts.cats dogs", ["Cats and dogs"]],
    ["published=ov.[2004-01-01,2011-01-01)", ["Cats and dogs", "Gardens"]],
    ['published=cs.{"lower"}', []],
    ["or=(title.eq.Dogs,and(price.gte.25,editor_id.not.is.null))", ["Dogs", "Gardens"]],
    ["not.or=(title.eq.Dogs,price.gte.25)", ["Cats and dogs", "Untitled"]],
    ['author_id=eq.1&or=(price.lt.10,title.in.("Dogs",x))', ["Cats and dogs", "Dogs"]],
  ])("%s", async (filter, expected) => {
    const answer = await ask(`books?select=title&order=id&${filter}`);
    if (filter.startsWith("published=cs")) expect(answer.status).toBe(400);
    else expect(answer.body).toEqual(titles(...expected));
  });
});

describe("what is embedded", () => {
  test.each<[string, unknown]>([
    [
      "books?select=title,author:authors!books_author_id_fkey(name)&id=eq.1",
      [{ title: "Cats and dogs", author: { name: "Ann" } }],
    ],
    ["books?select=title,editor:authors!books_editor(name)&id=eq.2", [{ title: "Dogs", editor: null }]],
    ["books?select=title,author_id(name)&id=eq.3", [{ title: "Gardens", author_id: { name: "Ben" } }]],
    [
      "authors?select=name,books!author_id(title)&order=id&books.order=title.desc",
      [
        { name: "Ann", books: titles("Dogs", "Cats and dogs") },
        { name: "Ben", books: titles("Gardens") },
        { name: "Cem", books: [] },
      ],
    ],
    [
      "authors?select=name,books!author_id!inner(title)&books.price=gt.10&order=id",
      [
        { name: "Ann", books: titles("Dogs") },
        { name: "Ben", books: titles("Gardens") },
      ],
    ],
    ["authors?select=name,books!author_id()&books=is.null", [{ name: "Cem" }]],
    ["authors?select=name,books!author_id()&books=not.is.null&order=id", [{ name: "Ann" }, { name: "Ben" }]],
    [
      "books?select=title,tags(name)&id=eq.1&tags.order=name",
      [{ title: "Cats and dogs", tags: [{ name: "old" }, { name: "pets" }] }],
    ],
    [
      "tags?select=name,books(title)&name=eq.pets&books.order=id&books.limit=1",
      [{ name: "pets", books: titles("Cats and dogs") }],
    ],
    [
      "authors?select=name,portraits(author_id)&order=id&limit=2",
      [
        { name: "Ann", portraits: { author_id: 1 } },
        { name: "Ben", portraits: null },
      ],
    ],
    ["shelves?select=label,parent:parent_id(label)&id=eq.3", [{ label: "Corner", parent: { label: "Room" } }]],
    [
      "shelves?select=label,shelves(label,shelves(label))&id=eq.1",
      [{ label: "House", shelves: [{ label: "Room", shelves: [{ label: "Corner" }] }] }],
    ],
    [
      "authors?select=name,cheap_books(title)&order=id&limit=2",
      [
        { name: "Ann", cheap_books: titles("Cats and dogs") },
        { name: "Ben", cheap_books: [] },
      ],
    ],
    [
      "old_writers?select=full_name,books!author_id(title)&books.order=id",
      [{ full_name: "Ann", books: titles("Cats and dogs", "Dogs") }],
    ],
    ["books?select=title,writers!author_id(full_name)&id=eq.3", [{ title: "Gardens", writers: { full_name: "Ben" } }]],
    ["books?select=title,...authors!author_id(writer:name)&id=eq.1", [{ title: "Cats and dogs", writer: "Ann" }]],
    [
      "authors?select=name,...books!author_id(titles:title)&order=id",
      [
        { name: "Ann", titles: ["Cats and dogs", "Dogs"] },
        { name: "Ben", titles: ["Gardens"] },
        { name: "Cem", titles: [] },
      ],
    ],
    [
      "books?select=title,authors!author_id(name)&order=authors(name).desc,id&limit=2&author_id=not.is.null",
      [
        { title: "Gardens", authors: { name: "Ben" } },
        { title: "Cats and dogs", authors: { name: "Ann" } },
      ],
    ],
  ])("%s", async (path, rows) => expect(await bodyOf(path)).toEqual(rows));
});

describe("sums", () => {
  test.each<[string, unknown]>([
    ["books?select=count()", [{ count: 4 }]],
    ["books?select=price.sum(),highest:price.max()", [{ sum: 46, highest: 25 }]],
    [
      "books?select=author_id,count(),price.avg()::int&order=author_id&author_id=not.is.null",
      [
        { author_id: 1, count: 2, avg: 10 },
        { author_id: 2, count: 1, avg: 25 },
      ],
    ],
    [
      "authors?select=name,books!author_id(price.sum())&order=id&limit=2",
      [
        { name: "Ann", books: [{ sum: 20 }] },
        { name: "Ben", books: [{ sum: 25 }] },
      ],
    ],
    [
      "books?select=price.sum(),...authors!author_id(name)&author_id=not.is.null&order=price.sum()".replace(
        "&order=price.sum()",
        "",
      ),
      [
        { sum: 20, name: "Ann" },
        { sum: 25, name: "Ben" },
      ],
    ],
  ])("%s", async (path, rows) => {
    const body = (await bodyOf(path)) as object[];
    expect(body.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))).toEqual(
      (rows as object[]).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    );
  });

  test("where they are switched off they are refused", async () => {
    const strict = { ...door.tools, settings: { ...SETTINGS, aggregates: false } };
    const request = {
      method: "GET",
      resource: "books",
      path: "/",
      parameters: new URLSearchParams("select=count()"),
      headers: new Headers(),
      body: "",
    };
    await expect(handleRest(request, SESSION, strict)).rejects.toMatchObject({ code: "PGRST123" });
  });
});

describe("pages", () => {
  test.each<[string, Record<string, string>, number, string]>([
    ["books?order=id&limit=2", {}, 200, "0-1/*"],
    ["books?order=id&limit=2", { prefer: "count=exact" }, 206, "0-1/4"],
    ["books?order=id&limit=2&offset=2", { prefer: "count=exact" }, 206, "2-3/4"],
    ["books?order=id", { prefer: "count=exact" }, 200, "0-3/4"],
    ["books?order=id", { range: "1-2" }, 200, "1-2/*"],
    ["books?id=eq.99", { prefer: "count=exact" }, 200, "*/0"],
    ["books?author_id=eq.1&select=title,tags!inner(name)&tags.name=eq.old", { prefer: "count=exact" }, 200, "0-0/1"],
  ])("%s with %o", async (path, headers, status, range) => {
    const answer = await ask(path, headers);
    expect([answer.status, answer.headers["content-range"]]).toEqual([status, range]);
  });

  test("beyond the last row", async () => {
    expect(await ask("books?offset=10", { prefer: "count=exact" })).toMatchObject({
      status: 416,
      body: { code: "PGRST103" },
    });
  });

  test("an estimate comes from the planner where it is asked for", async () => {
    const { headers, status } = await ask("books?limit=1", { prefer: "count=planned" });
    expect(headers["content-range"]).toMatch(/^0-0\/\d+$/);
    expect([200, 206]).toContain(status);
    expect((await ask("books", { prefer: "count=estimated" })).headers["content-range"]).toBe("0-3/4");
  });

  test("nobody gets more rows than the limit of the installation, embedded ones neither", async () => {
    const small = { ...door.tools, settings: { ...SETTINGS, max_rows: 1 } };
    const request = {
      method: "GET",
      resource: "authors",
      path: "/",
      parameters: new URLSearchParams("select=id,books!author_id(id)&order=id&limit=50"),
      headers: new Headers(),
      body: "",
    };
    const { response } = await handleRest(request, SESSION, small);
    expect(JSON.parse(String(response.body))).toEqual([{ id: 1, books: [{ id: 1 }] }]);
  });

  test("a head has everything but the body", async () => {
    const answer = await ask("books", { method: "HEAD", prefer: "count=exact" });
    expect([answer.status, answer.body, answer.headers["content-range"]]).toEqual([200, null, "0-3/4"]);
  });
});

describe("forms", () => {
  const one = { accept: "application/vnd.pgrst.object+json" };
  test("one object, or a refusal that tells how many", async () => {
    expect((await ask("authors?id=eq.1&select=name", one)).body).toEqual({ name: "Ann" });
    expect(await ask("authors", one)).toMatchObject({
      status: 406,
      body: { code: "PGRST116", details: "The result contains 3 rows" },
    });
    expect(await ask("authors?id=eq.99", one)).toMatchObject({
      status: 406,
      body: { details: "The result contains 0 rows" },
    });
  });

  test("CSV", async () => {
    expect((await ask("authors?select=id,name&order=id&limit=2", { accept: "text/csv" })).body).toBe(
      "id,name\n1,Ann\n2,Ben",
    );
  });

  test("without what is null", async () => {
    const headers = { accept: "application/vnd.pgrst.array+json;nulls=stripped" };
    expect((await ask("authors?select=id,born&id=eq.3", headers)).body).toEqual([{ id: 3 }]);
  });

  test("the plan", async () => {
    const text = await ask("books?id=eq.1", { accept: "application/vnd.pgrst.plan+text; options=verbose" });
    expect(text.body).toContain("Index Scan");
    const json = await ask("books?id=eq.1", { accept: "application/vnd.pgrst.plan+json" });
    expect(json.body).toMatchObject([{ Plan: expect.any(Object) }]);
  });
});

describe("writes", () => {
  const whole = { prefer: "return=representation" };

  test("a row, with what it embeds", async () => {
    const answer = await ask("books?select=title,price,authors!author_id(name)", {
      method: "POST",
      body: { title: "New", author_id: 2 },
      ...whole,
    });
    expect([answer.status, answer.body]).toEqual([
      201,
      [{ title: "New", price: null, authors: { name: "Ben" } }].map((row) => ({ ...row, price: 10 })),
    ]);
  });

  test("many; a property that is missing is null, or the column's default where that is asked for", async () => {
    const rows = [{ title: "A", price: 1 }, { title: "B" }];
    const columns = "books?columns=title,price&select=title,price";
    expect((await ask(columns, { method: "POST", body: rows, ...whole })).body).toEqual([
      { title: "A", price: 1 },
      { title: "B", price: null },
    ]);
    expect(
      (await ask(columns, { method: "POST", body: rows, prefer: "return=representation, missing=default" })).body,
    ).toEqual([
      { title: "A", price: 1 },
      { title: "B", price: 10 },
    ]);
    expect(await ask("books", { method: "POST", body: rows })).toMatchObject({
      status: 400,
      body: { code: "PGRST102" },
    });
  });

  test("none at all", async () => {
    expect(await ask("books", { method: "POST", body: [], ...whole })).toMatchObject({ status: 201, body: [] });
  });

  test("numbers keep all of their digits", async () => {
    const answer = await ask("books?select=price::text", {
      method: "POST",
      body: '{"title":"x","price":12345678901234567890.123}',
      ...whole,
    });
    expect(answer.body).toEqual([{ price: "12345678901234567890.123" }]);
  });

  test("CSV and forms too", async () => {
    expect(
      (await ask("tags", { method: "POST", body: "name\nnew\n", "content-type": "text/csv", ...whole })).body,
    ).toEqual([{ name: "new" }]);
    const form = { method: "POST", body: "name=a+b", "content-type": "application/x-www-form-urlencoded", ...whole };
    expect((await ask("tags", form)).body).toEqual([{ name: "a b" }]);
  });

  test("where the new row is", async () => {
    const answer = await ask("tags", { method: "POST", body: { name: "x y" }, prefer: "return=headers-only" });
    expect([answer.status, answer.headers["location"], answer.body]).toEqual([201, "/tags?name=eq.x%20y", null]);
  });

  test("new or renewed: the status tells which", async () => {
    const merge = "resolution=merge-duplicates, return=representation";
    const on = "authors?on_conflict=name&select=id,born";
    expect(await ask(on, { method: "POST", body: { name: "Ann", born: 1 }, prefer: merge })).toMatchObject({
      status: 200,
      body: [{ id: 1, born: 1 }],
    });
    expect(
      await ask(on, {
        method: "POST",
        body: [
          { name: "Ann", born: 1 },
          { name: "Dan", born: 2 },
        ],
        prefer: merge,
      }),
    ).toMatchObject({ status: 201 });
    const ignore = {
      method: "POST",
      body: { name: "Ann" },
      prefer: "resolution=ignore-duplicates, return=representation",
    };
    expect(await ask("authors?on_conflict=name", ignore)).toMatchObject({ status: 201, body: [] });
    expect(await ask("authors", { method: "POST", body: { name: "Ann" } })).toMatchObject({
      status: 409,
      body: { code: "23505" },
    });
  });

  test("put one in its place", async () => {
    const put = (path: string, body: object) => ask(path, { method: "PUT", body, ...whole });
    expect(await put("authors?id=eq.1", { id: 1, name: "Anna" })).toMatchObject({
      status: 200,
      body: [{ id: 1, name: "Anna" }],
    });
    expect(await put("authors?id=eq.77", { id: 77, name: "New" })).toMatchObject({ status: 201 });
    expect(await put("authors?id=eq.1", { id: 2, name: "x" })).toMatchObject({
      status: 400,
      body: { code: "PGRST115" },
    });
    expect(await put("authors?name=eq.Ann", { id: 1, name: "x" })).toMatchObject({
      status: 405,
      body: { code: "PGRST105" },
    });
  });

  test("changes what the filters leave, and says what they are now", async () => {
    const change = (path: string, more: object = {}) => ask(path, { method: "PATCH", body: { price: 99 }, ...more });
    expect(await change("books?author_id=eq.1&select=id,price&order=id.desc", whole)).toMatchObject({
      status: 200,
      body: [
        { id: 2, price: 99 },
        { id: 1, price: 99 },
      ],
      headers: { "content-range": "0-1/*" },
    });
    expect(await change("books?id=eq.1")).toMatchObject({ status: 204, body: null });
    expect(await change("books?id=eq.99", whole)).toMatchObject({ status: 200, body: [] });
    expect(await ask("books?id=eq.1", { method: "PATCH", body: {}, ...whole })).toMatchObject({
      status: 200,
      body: [],
    });
  });

  test("deletes, and says what there was", async () => {
    expect(
      await ask("book_tags?book_id=eq.1&select=tag&order=tag", {
        method: "DELETE",
        prefer: "return=representation, count=exact",
      }),
    ).toMatchObject({
      status: 200,
      body: [{ tag: "old" }, { tag: "pets" }],
      headers: { "content-range": "*/2" },
    });
    expect(await ask("book_tags?book_id=eq.1", { method: "DELETE" })).toMatchObject({ status: 204 });
  });

  test("a change that must not happen does not: several where one was meant, more than allowed", async () => {
    const prices = () => bodyOf("books?select=price&order=id");
    const before = await prices();
    const single = {
      method: "PATCH",
      body: { price: 0 },
      accept: "application/vnd.pgrst.object+json",
      prefer: "return=representation, tx=commit",
    };
    expect(await ask("books?author_id=eq.1", single)).toMatchObject({ status: 406, body: { code: "PGRST116" } });
    const few = { method: "DELETE", prefer: "handling=strict, max-affected=1, tx=commit" };
    expect(await ask("book_tags?book_id=eq.1", few)).toMatchObject({ status: 400, body: { code: "PGRST124" } });
    expect(await prices()).toEqual(before);
    expect(await bodyOf("book_tags?select=tag&book_id=eq.1&order=tag")).toEqual([{ tag: "old" }, { tag: "pets" }]);
  });

  test.each<[string, object, number, string]>([
    ["books", { method: "POST", body: { nothing: 1 } }, 400, "PGRST204"],
    ["books", { method: "POST", body: "{" }, 400, "PGRST102"],
    ["books", { method: "POST", body: { title: null } }, 400, "23502"],
    ["books", { method: "POST", body: { title: "x", author_id: 99 } }, 409, "23503"],
    ["books", { method: "POST", body: { title: "x", price: "many" } }, 400, "22P02"],
    ["books", { method: "PURGE" }, 405, "PGRST117"],
  ])("%s with %j is refused", async (path, request, status, code) => {
    expect(await ask(path, request as Record<string, unknown>)).toMatchObject({ status, body: { code } });
  });
});

describe("functions", () => {
  const call = (name: string, body: unknown, more: object = {}) =>
    ask(`rpc/${name}`, { method: "POST", body, ...more });

  test.each<[string, unknown, number, unknown]>([
    ["add", { a: 1, b: 2 }, 200, 3],
    ["add", { a: 1, b: 2, c: 3 }, 200, 6],
    ["greet", {}, 200, "Hello, you"],
    ["greet", { name: "Ann" }, 200, "Hello, Ann"],
    ["echo", { any: ["thing"] }, 200, { any: ["thing"] }],
    ["nothing", {}, 204, null],
    ["total", { numbers: [1, 2, 3] }, 200, 6],
    ["prices", {}, 200, { lowest: 1, highest: 25 }],
    [
      "books_of?select=title,authors!author_id(name)&order=price.desc&limit=1",
      { author: "Ann" },
      200,
      [{ title: "Dogs", authors: { name: "Ann" } }],
    ],
  ])("%s %j", async (name, body, status, answer) => {
    expect(await call(name, body)).toMatchObject({ status, body: answer });
  });

  test("by GET with parameters, filters beside them", async () => {
    expect(await bodyOf("rpc/add?a=1&b=2")).toBe(3);
    expect(await bodyOf("rpc/books_of?author=Ann&price=gt.10&select=title")).toEqual(titles("Dogs"));
    expect(await bodyOf("rpc/total?numbers=1&numbers=2")).toBe(3);
  });

  test("set status and headers", async () => {
    expect(await call("teapot", {})).toMatchObject({ status: 418, headers: { "x-tea": "green" } });
  });

  test("know who calls, and how", async () => {
    expect(await bodyOf("rpc/whoami")).toEqual({ role: "authenticated", sub: "ann", method: "GET" });
  });

  test("refuse with a status of their own", async () => {
    expect(await call("fails", {})).toMatchObject({
      status: 402,
      body: { message: "Not today", details: "Pay first", hint: "Bring money" },
    });
  });

  test("that are not there are told apart from those that are called wrongly", async () => {
    expect(await call("nothing_here", {})).toMatchObject({ status: 404, body: { code: "PGRST202" } });
    expect(await call("add", { a: 1 })).toMatchObject({
      status: 404,
      body: { code: "PGRST202", details: expect.stringContaining("parameter a") },
    });
  });
});

describe("refusals", () => {
  test.each<[string, number, string]>([
    ["nothing", 404, "PGRST205"],
    ["books?select=authors(name)", 300, "PGRST201"],
    ["books?select=shelves(label)", 400, "PGRST200"],
    ["books?authors.name=eq.x", 400, "PGRST108"],
    ["authors?select=name,books!author_id(title)&order=books(title)", 400, "PGRST118"],
    ["books?select=ctid", 400, "42703"],
    ["books?nothing=eq.1", 400, "42703"],
    ["books?order=nothing", 400, "42703"],
    ['books?select=title::"text"', 400, "PGRST100"],
    ["books?select=title::text;drop", 400, "PGRST100"],
    ["books?price=eq.many", 400, "22P02"],
    ["books?title=match.(", 400, "2201B"],
    ["portraits?select=url", 403, "42501"],
  ])("%s", async (path, status, code) => {
    expect(await ask(path)).toMatchObject({ status, body: { code } });
  });

  test("F147: whatever a name, a value or a key of JSON holds, it stays what it is", async () => {
    const nasty = `'; drop table library.books; --"\\`;
    for (const path of [
      `books?title=eq.${encodeURIComponent(nasty)}`,
      `books?id=in.("1","${encodeURIComponent("2); drop")}")`,
      `authors?select=data->"${encodeURIComponent(nasty.replaceAll('"', ""))}"`,
      `authors?data->>x=eq.${encodeURIComponent(nasty)}`,
      `books?select="${encodeURIComponent(nasty.replaceAll('"', ""))}"`,
      `books?select=x:title&order=${encodeURIComponent('"x";')}`,
    ]) {
      expect((await ask(path)).status).toBeLessThan(500);
    }
    expect(await bodyOf("books?select=count()")).toEqual([{ count: 4 }]);
  });
});
