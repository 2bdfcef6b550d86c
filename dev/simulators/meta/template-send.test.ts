import { expect, test } from "vitest";
import { checkTemplate } from "./template-send.ts";
import type { Template } from "./templates.ts";

function template(change: Partial<Template> = {}): Template {
  return {
    id: "1",
    name: "ready",
    language: "en_US",
    status: "APPROVED",
    category: "UTILITY",
    components: [{ type: "BODY", text: "Hello {{1}}, order {{2}} is ready." }],
    ...change,
  };
}

function send(texts: unknown[] = ["Ana", "17"], name = "ready") {
  const parameters = texts.map((text) => ({ type: "text", text }));
  return { name, language: { code: "en_US" }, components: [{ type: "body", parameters }] };
}

function code(templates: Template[], wanted = send()): unknown {
  const refusal = checkTemplate(templates, wanted);
  return refusal && JSON.parse(String(refusal.body)).error.code;
}

test("an approved template with its parameters passes", () => {
  expect(checkTemplate([template()], send())).toBeUndefined();
});

test.each([
  ["unknown name", [], send(), 132001],
  ["another language", [template({ language: "es" })], send(), 132001],
  ["not yet approved", [template({ status: "PENDING" })], send(), 132001],
  ["paused", [template({ status: "PAUSED" })], send(), 132015],
  ["disabled", [template({ status: "DISABLED" })], send(), 132016],
  ["a parameter missing", [template()], send(["Ana"]), 132000],
  ["an empty parameter", [template()], send(["Ana", ""]), 131008],
  ["a line break in a parameter", [template()], send(["Ana", "1\n7"]), 132007],
])("%s is refused", (_, templates, wanted, expected) => {
  expect(code(templates, wanted)).toBe(expected);
});
