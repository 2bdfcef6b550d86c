import { buttonsOf, componentOf, isComponent, variablesIn, word } from "./template.ts";
import type { Component, TemplateShape } from "./template.ts";

const MEDIA = new Set(["IMAGE", "VIDEO", "DOCUMENT"]);
const BODY_TYPES = new Set(["text", "currency", "date_time"]);

/**
 * What Meta would refuse about a message made from a template: a parameter too many, too few, of another type, or for a
 * variable that the template does not have (132000, 132012; F92). In words for the person who wrote it; empty when
 * nothing is known to be wrong. A template whose components are not known is not judged.
 *
 * @param given the message's components, as `POST /messages` takes them
 */
export function sendProblems(template: TemplateShape, given: readonly unknown[] = []): string[] {
  if (template.components.length === 0) return [];
  const parts = given.filter(isComponent);
  const named = template.parameter_format === "NAMED";
  const twice = ["header", "body"].filter((type) => parts.filter((part) => part["type"] === type).length > 1);
  return [
    ...twice.map((type) => `${type} is given twice`),
    ...headerProblems(componentOf(template.components, "HEADER"), parametersOf(parts, "header"), named),
    ...bodyProblems(componentOf(template.components, "BODY"), parametersOf(parts, "body"), named),
    ...buttonProblems(buttonsOf(template.components), parts),
  ];
}

function headerProblems(header: Component | undefined, given: Component[], named: boolean): string[] {
  const format = word(header?.["format"]);
  if (MEDIA.has(format) || format === "LOCATION") {
    const type = format.toLowerCase();
    const [first] = given;
    const wanted = `the header needs one ${type}, as { type: "${type}", ${type}: … }`;
    if (given.length !== 1 || first?.["type"] !== type || !isComponent(first[type])) return [wanted];
    const { id, link } = first[type];
    return format === "LOCATION" || typeof id === "string" || typeof link === "string"
      ? []
      : [`${wanted} with id or link`];
  }
  return textProblems("the header", variablesIn(header?.["text"]), given, named, new Set(["text"]));
}

function bodyProblems(body: Component | undefined, given: Component[], named: boolean): string[] {
  return textProblems("the body", variablesIn(body?.["text"]), given, named, BODY_TYPES);
}

function textProblems(
  where: string,
  variables: string[],
  given: Component[],
  named: boolean,
  types: ReadonlySet<string>,
): string[] {
  if (given.length !== variables.length) {
    return [`${where} takes ${counted(variables.length)}${listed(variables)}, the message gives ${given.length}`];
  }
  const wrong = given.flatMap((parameter, i) => {
    const type = String(parameter["type"]);
    return types.has(type) ? [] : [`${where}, parameter ${i + 1}: ${type} is not possible here`];
  });
  if (!named) return wrong;
  const names = new Set(given.map((parameter) => parameter["parameter_name"]));
  const missing = variables.filter((name) => !names.has(name));
  return missing.length === 0 ? wrong : [...wrong, `${where} lacks parameter_name ${missing.join(", ")}`];
}

function buttonProblems(buttons: Component[], parts: Component[]): string[] {
  const given = new Map<number, Component>();
  const problems: string[] = [];
  for (const part of parts.filter(({ type }) => type === "button")) {
    const index = Number(part["index"]);
    if (given.has(index)) problems.push(`button ${index} is given twice`);
    if (!buttons[index]) problems.push(`the template has no button ${index}: it has ${buttons.length}, counted from 0`);
    given.set(index, part);
  }
  return [...problems, ...buttons.flatMap((button, i) => oneButton(button, given.get(i), `button ${i}`))];
}

/** Only what is certain: a variable in the address and a coupon must be filled, what is fixed takes nothing. */
function oneButton(button: Component, part: Component | undefined, name: string): string[] {
  const type = word(button["type"]);
  const given = part ? parametersOf([part], "button") : [];
  const sub_type = part && word(part["sub_type"]);
  if (type === "URL") {
    const variables = variablesIn(button["url"]).length;
    if (given.length !== variables) return [`${name} takes ${counted(variables)}, the message gives ${given.length}`];
    if (part && sub_type !== "URL") return [`${name} opens an address: its sub_type is url`];
    return given.every((parameter) => parameter["type"] === "text") ? [] : [`${name} takes a text`];
  }
  if (type === "COPY_CODE") {
    const filled = given.length === 1 && typeof given[0]?.["coupon_code"] === "string";
    return filled ? [] : [`${name} needs { type: "coupon_code", coupon_code: … }`];
  }
  if (type === "QUICK_REPLY" && part && sub_type !== "QUICK_REPLY") return [`${name} is a quick_reply`];
  if (type === "PHONE_NUMBER" && given.length > 0) return [`${name} takes no parameters`];
  return [];
}

function parametersOf(parts: Component[], type: string): Component[] {
  const { parameters } = parts.find((part) => part["type"] === type) ?? {};
  return Array.isArray(parameters) ? parameters.filter(isComponent) : [];
}

const counted = (n: number) => (n === 1 ? "1 variable" : `${n} variables`);
const listed = (variables: string[]) => (variables.length === 0 ? "" : ` (${variables.join(", ")})`);
