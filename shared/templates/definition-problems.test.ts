import { expect, test } from "vitest";
import { definitionProblems } from "./definition-problems.ts";

const BODY = { type: "BODY", text: "Hello {{1}}, your order has left.", example: { body_text: [["Ana"]] } };
const check = (...components: Record<string, unknown>[]) =>
  definitionProblems({ category: "UTILITY", parameter_format: "POSITIONAL", components });

test("a template with everything that one may have", () => {
  expect(
    check(
      { type: "HEADER", format: "TEXT", text: "Order {{1}}", example: { header_text: ["17"] } },
      BODY,
      { type: "FOOTER", text: "Cedar Lane Bakery" },
      {
        type: "BUTTONS",
        buttons: [
          { type: "URL", text: "Track", url: "https://a.test/{{1}}", example: ["https://a.test/17"] },
          { type: "QUICK_REPLY", text: "Thanks" },
        ],
      },
    ),
  ).toEqual([]);
});

test("an authentication template has no text of its own", () => {
  const of = (body: object) =>
    definitionProblems({
      category: "AUTHENTICATION",
      parameter_format: "POSITIONAL",
      components: [{ type: "BODY", ...body }],
    });
  expect(of({ add_security_recommendation: true })).toEqual([]);
  expect(of({ text: "Your code" })).toEqual(["the BODY of an AUTHENTICATION template has no text of its own"]);
});

test("named variables want named examples", () => {
  const of = (example: object) =>
    definitionProblems({
      category: "UTILITY",
      parameter_format: "NAMED",
      components: [{ type: "BODY", text: "Hello {{name}}.", example }],
    });
  expect(of({ body_text_named_params: [{ param_name: "name", example: "Ana" }] })).toEqual([]);
  expect(of({ body_text: [["Ana"]] })).toEqual(["BODY needs an example of each variable"]);
});

test.each<[string, Record<string, unknown>[], string]>([
  ["no body", [{ type: "FOOTER", text: "Bye" }], "a template needs a BODY"],
  ["an empty body", [{ type: "BODY", text: " " }], "the BODY has no text"],
  ["a long body", [{ type: "BODY", text: "x".repeat(1025) }], "BODY has 1025 characters"],
  ["a variable at the end", [{ ...BODY, text: "Hello {{1}}" }], "begins or ends with a variable"],
  ["a gap in the numbers", [{ ...BODY, text: "Hello {{2}}, welcome." }], "count up from {{1}}, and are {{2}}"],
  ["an empty variable", [{ type: "BODY", text: "Hello {{}}, welcome." }], "braces that are no variable"],
  ["no example", [{ type: "BODY", text: "Hello {{1}}, welcome." }], "needs an example of each variable"],
  ["a picture without a sample", [BODY, { type: "HEADER", format: "IMAGE" }], "needs an uploaded sample"],
  ["a variable in the footer", [BODY, { type: "FOOTER", text: "By {{1}}" }], "the FOOTER may have no variables"],
  [
    "eleven buttons",
    [BODY, { type: "BUTTONS", buttons: Array.from({ length: 11 }, () => ({ type: "QUICK_REPLY", text: "a" })) }],
    "11 are given",
  ],
  [
    "a variable within an address",
    [BODY, { type: "BUTTONS", buttons: [{ type: "URL", text: "a", url: "https://{{1}}/a", example: ["x"] }] }],
    "at the end of the url",
  ],
  ["two bodies", [BODY, BODY], "BODY stands there twice"],
  ["a component that nobody knows", [BODY, { type: "SIDEBAR" }], "no component of type SIDEBAR"],
])("refused: %s", (_, components, words) => {
  expect(check(...components).join("; ")).toContain(words);
});
