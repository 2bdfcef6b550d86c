import { expect, test } from "vitest";
import { sendProblems } from "./send-problems.ts";
import type { TemplateShape } from "./template.ts";

const text = (value: string) => ({ type: "text", text: value });
const body = (...parameters: object[]) => ({ type: "body", parameters });
const button = (index: number, sub_type: string, ...parameters: object[]) => ({
  type: "button",
  sub_type,
  index,
  parameters,
});

const shape = (...components: Record<string, unknown>[]): TemplateShape => ({
  components,
  parameter_format: "POSITIONAL",
});
const greeting = shape({ type: "BODY", text: "Hello {{1}}, your table at {{2}} is ready. {{1}}!" });
const named: TemplateShape = {
  components: [{ type: "BODY", text: "Hello {{first_name}}, see you on {{day}}." }],
  parameter_format: "NAMED",
};
const picture = shape({ type: "HEADER", format: "IMAGE" }, { type: "BODY", text: "Look." });
const order = shape(
  { type: "BODY", text: "Your order has left." },
  {
    type: "BUTTONS",
    buttons: [
      { type: "URL", url: "https://a.test/{{1}}" },
      { type: "QUICK_REPLY", text: "Thanks" },
    ],
  },
);
const coupon = shape({ type: "BODY", text: "Yours" }, { type: "BUTTONS", buttons: [{ type: "COPY_CODE" }] });

test.each<[string, TemplateShape, object[]]>([
  ["a variable used twice counts once", greeting, [body(text("Ana"), text("noon"))]],
  ["an amount in the place of a text", greeting, [body(text("Ana"), { type: "currency", currency: {} })]],
  [
    "named ones in any order",
    named,
    [body({ ...text("Friday"), parameter_name: "day" }, { ...text("Ana"), parameter_name: "first_name" })],
  ],
  ["a picture by id", picture, [{ type: "header", parameters: [{ type: "image", image: { id: "1" } }] }]],
  ["an address that is filled, a reply without a payload", order, [button(0, "url", text("17"))]],
  ["a coupon", coupon, [button(0, "copy_code", { type: "coupon_code", coupon_code: "MAY" })]],
  ["a template that nobody has read yet", shape(), [body(text("Ana"))]],
  ["no variables, nothing given", shape({ type: "body", text: "Hello." }), []],
])("F92: right: %s", (_, template, given) => {
  expect(sendProblems(template, given)).toEqual([]);
});

test.each<[string, TemplateShape, object[], string]>([
  ["one too few", greeting, [body(text("Ana"))], "the body takes 2 variables (1, 2), the message gives 1"],
  ["none at all", greeting, [], "the message gives 0"],
  [
    "one too many",
    shape({ type: "BODY", text: "Hello." }),
    [body(text("Ana"))],
    "the body takes 0 variables, the message gives 1",
  ],
  [
    "a picture in a text",
    greeting,
    [body(text("Ana"), { type: "image", image: { id: "1" } })],
    "parameter 2: image is not possible",
  ],
  [
    "another name",
    named,
    [body({ ...text("a"), parameter_name: "day" }, { ...text("b"), parameter_name: "name" })],
    "lacks parameter_name first_name",
  ],
  ["a header without its picture", picture, [], "the header needs one image"],
  [
    "a video for a picture",
    picture,
    [{ type: "header", parameters: [{ type: "video", video: { id: "1" } }] }],
    "needs one image",
  ],
  [
    "a picture that is nowhere",
    picture,
    [{ type: "header", parameters: [{ type: "image", image: {} }] }],
    "with id or link",
  ],
  ["an address left open", order, [], "button 0 takes 1 variable, the message gives 0"],
  [
    "a button that is not there",
    order,
    [button(0, "url", text("1")), button(2, "url", text("1"))],
    "the template has no button 2",
  ],
  [
    "the kind of another button",
    order,
    [button(0, "url", text("1")), button(1, "url", text("1"))],
    "button 1 is a quick_reply",
  ],
  ["a coupon without its code", coupon, [], 'needs { type: "coupon_code"'],
  ["the body twice", greeting, [body(text("a"), text("b")), body(text("a"), text("b"))], "body is given twice"],
])("F92: wrong: %s", (_, template, given, words) => {
  expect(sendProblems(template, given).join("; ")).toContain(words);
});
