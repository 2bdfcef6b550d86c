import { expect, test } from "vitest";
import { fitToSchema, schemaProblem } from "./fit.ts";

const schema = {
  type: "object",
  properties: {
    reply: { type: "string" },
    tags: { type: "array", items: { type: "string" } },
    tone: { type: "string", enum: ["warm", "dry"] },
    order: { type: "object", properties: { lines: { type: "integer" } } },
    note: { type: "string", nullable: true },
  },
  required: ["reply"],
};

test("exactly the schema's fields are given: known values, and the plainest of each type", () => {
  expect(fitToSchema(schema, { reply: "Hello", secret: 1 })).toEqual({
    reply: "Hello",
    tags: [],
    tone: "warm",
    order: { lines: 0 },
    note: null,
  });
});

test("a whole schema has no problem", () => {
  expect(schemaProblem(schema)).toBeNull();
});

test.each([
  ["an object without properties", { type: "object" }, "should be non-empty"],
  ["a required field that is not there", { ...schema, required: ["answer"] }, "property is not defined: answer"],
  ["an array without items", { type: "object", properties: { a: { type: "array" } } }, "items: missing field"],
])("%s is refused", (_, broken, complaint) => {
  expect(schemaProblem(broken)).toContain(complaint);
});
