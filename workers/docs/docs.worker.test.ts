import { expect, test } from "vitest";
import { ask, URL_OF_WORKER } from "../../test/support/worker.ts";
import { commands } from "../functions/registry.ts";
import { tagOf } from "./tags.ts";

interface Operation {
  operationId: string;
  description: string;
  "x-scope": string;
  requestBody: { content: { "application/json": { schema: Record<string, unknown>; example: unknown } } };
  responses: Record<string, unknown>;
}
const document = async () =>
  (await ask("/openapi.json")).json<{
    openapi: string;
    servers: unknown;
    paths: Record<string, { post: Operation }>;
    components: {
      responses: Record<string, unknown>;
      schemas: { Error: { properties: { code: { enum: string[] } } } };
    };
  }>();

test("F144: every command is in the document, with its scope, its input and an example that it takes", async () => {
  const { paths } = await document();
  expect(Object.keys(paths)).toEqual([...commands.keys(), "import-contacts"].map((name) => `/functions/v1/${name}`));
  for (const { name, description, scope, input } of commands.values()) {
    const { post } = paths[`/functions/v1/${name}`] ?? {};
    expect(post).toMatchObject({ operationId: name, description, "x-scope": scope });
    const { schema, example } = post?.requestBody.content["application/json"] ?? {};
    expect(input.safeParse(example).success).toBe(true);
    expect(schema).not.toEqual({});
    expect(JSON.stringify(schema)).toMatch(/"(properties|anyOf)"/);
  }
});

test("what every command may be refused with is said once, and referred to", async () => {
  const { openapi, servers, paths, components } = await document();
  expect([openapi, servers]).toEqual(["3.1.0", [{ url: URL_OF_WORKER }]]);
  expect(components.schemas.Error.properties.code.enum).toContain("gate_refused");
  for (const { post } of Object.values(paths)) {
    const { 200: done, ...refusals } = post.responses;
    expect(done).toHaveProperty("content");
    expect(Object.keys(refusals)).toEqual(Object.keys(components.responses));
  }
});

test("no command stands without a heading", () => {
  expect([...commands.keys()].filter((name) => tagOf(name) === "Other")).toEqual([]);
});

test("the page shows every command, runs nothing and loads nothing", async () => {
  const response = await ask("/docs");
  const page = await response.text();
  for (const name of commands.keys()) expect(page).toContain(`id="${name}"`);
  expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(page).not.toMatch(/<script|src=|@import/);
});
