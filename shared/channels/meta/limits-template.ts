import * as z from "zod";
import type { OutgoingContent } from "../channel.ts";

const NAME = /^[a-z0-9_]{1,512}$/;
/** `en`, `en_US`, `zh_Hans_CN`. */
const LANGUAGE = /^[a-z]{2,3}(_[A-Z][a-z]{3})?(_[A-Z]{2})?$/;

const parameters = z.array(z.looseObject({ type: z.string().min(1), text: z.string().optional() })).default([]);
const component = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("header"), parameters }),
  z.looseObject({ type: z.literal("body"), parameters }),
  z.looseObject({
    type: z.literal("button"),
    sub_type: z.string().min(1),
    index: z.union([z.string().regex(/^\d$/), z.number().int().min(0).max(9)]),
    parameters,
  }),
  z.looseObject({ type: z.literal("carousel"), cards: z.array(z.unknown()), parameters }),
  z.looseObject({ type: z.literal("limited_time_offer"), parameters }),
]);

/**
 * The shape of a template message: names and languages as Meta allows them, components that carry what their type needs,
 * no parameter that Meta refuses for its text (empty; line breaks, tabs or more than four spaces in a row).
 */
export function templateProblems(content: Extract<OutgoingContent, { type: "template" }>): string[] {
  const found: string[] = [];
  if (!NAME.test(content.name)) found.push("template name may have a–z, 0–9 and _ only, up to 512 of them");
  if (!LANGUAGE.test(content.language)) found.push("template language is not of the form en or en_US");
  for (const [i, item] of (content.components ?? []).entries()) {
    found.push(...componentProblems(item, `component ${i + 1}`));
  }
  return found;
}

function componentProblems(item: unknown, name: string): string[] {
  const parsed = component.safeParse(item);
  if (!parsed.success) {
    const fields = parsed.error.issues.map((issue) => issue.path.join(".") || "shape");
    return [`${name} is not valid: ${fields.join(", ")}`];
  }
  return parsed.data.parameters.flatMap(({ type, text }, i) => {
    if (type !== "text") return [];
    const which = `${name}, parameter ${i + 1}`;
    if (text === undefined || text.trim() === "") return [`${which} is empty`];
    return /[\n\r\t]| {5}/.test(text) ? [`${which} has line breaks, tabs or more than four spaces in a row`] : [];
  });
}
