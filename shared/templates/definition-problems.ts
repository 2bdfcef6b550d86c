import { tooLong } from "../channels/meta/too-long.ts";
import { buttonsOf, componentOf, isComponent, variablesIn, word } from "./template.ts";
import type { Component, TemplateShape } from "./template.ts";

const TYPES = new Set([
  "HEADER",
  "BODY",
  "FOOTER",
  "BUTTONS",
  "CAROUSEL",
  "LIMITED_TIME_OFFER",
  "CALL_PERMISSION_REQUEST",
]);
const FORMATS = new Set(["TEXT", "IMAGE", "VIDEO", "DOCUMENT", "LOCATION"]);
const MAX_BODY = 1024;
const MAX_HEADER = 60;
const MAX_FOOTER = 60;
const MAX_BUTTONS = 10;
const MAX_BUTTON_TEXT = 25;
const MAX_URL = 2000;

/**
 * What Meta would refuse about a new or changed template before anybody there reads it (Meta, "Templates", components and
 * error subcodes 2388040 and following): lengths, variables that do not count up, stand at an edge or lack an example.
 * In words for the person who wrote it; empty when nothing is known to be wrong.
 */
export function definitionProblems(template: TemplateShape & { category: string }): string[] {
  const { components, parameter_format } = template;
  const named = parameter_format === "NAMED";
  const types = components.map((one) => word(one["type"]));
  const unknown = types.filter((type) => !TYPES.has(type));
  const twice = [...new Set(types.filter((type, i) => types.indexOf(type) !== i))];
  return [
    ...unknown.map((type) => `there is no component of type ${type || "(none)"}`),
    ...twice.map((type) => `${type} stands there twice`),
    ...bodyProblems(componentOf(components, "BODY"), named, template.category),
    ...headerProblems(componentOf(components, "HEADER"), named),
    ...footerProblems(componentOf(components, "FOOTER")),
    ...buttonProblems(buttonsOf(components)),
  ];
}

function bodyProblems(body: Component | undefined, named: boolean, category: string): string[] {
  if (!body) return ["a template needs a BODY"];
  const text = body["text"];
  // Meta writes the text of these itself
  if (category === "AUTHENTICATION")
    return text === undefined ? [] : ["the BODY of an AUTHENTICATION template has no text of its own"];
  if (typeof text !== "string" || text.trim() === "") return ["the BODY has no text"];
  const edge = /^\s*\{\{|\}\}\s*$/.test(text) ? ["the BODY begins or ends with a variable"] : [];
  return [...tooLong("BODY", text, MAX_BODY), ...edge, ...variableProblems("BODY", body, text, named)];
}

function headerProblems(header: Component | undefined, named: boolean): string[] {
  if (!header) return [];
  const format = word(header["format"]);
  if (!FORMATS.has(format)) return [`the HEADER's format is one of ${[...FORMATS].join(", ")}`];
  if (format === "LOCATION") return [];
  if (format !== "TEXT") {
    const { header_handle } = exampleOf(header);
    return Array.isArray(header_handle) && header_handle.length > 0
      ? []
      : ["the HEADER needs an uploaded sample: example.header_handle"];
  }
  const text = header["text"];
  if (typeof text !== "string" || text.trim() === "") return ["the HEADER has no text"];
  const many = variablesIn(text).length > 1 ? ["the HEADER may have one variable"] : [];
  return [...tooLong("HEADER", text, MAX_HEADER), ...many, ...variableProblems("HEADER", header, text, named)];
}

function footerProblems(footer: Component | undefined): string[] {
  const text = footer?.["text"];
  if (typeof text !== "string") return [];
  const variables = variablesIn(text).length > 0 ? ["the FOOTER may have no variables"] : [];
  return [...tooLong("FOOTER", text, MAX_FOOTER), ...variables];
}

function buttonProblems(buttons: Component[]): string[] {
  const many = buttons.length > MAX_BUTTONS ? [`${MAX_BUTTONS} buttons are possible, ${buttons.length} are given`] : [];
  return [
    ...many,
    ...buttons.flatMap((button, i) => {
      const { text, url, example } = button;
      const name = `button ${i}`;
      const found = tooLong(name, typeof text === "string" ? text : undefined, MAX_BUTTON_TEXT);
      if (word(button["type"]) !== "URL") return found;
      if (typeof url !== "string" || url === "") return [...found, `${name} has no url`];
      found.push(...tooLong(`${name}, url`, url, MAX_URL));
      const variables = variablesIn(url).length;
      if (variables > 1 || (variables === 1 && !url.endsWith("}}")))
        found.push(`${name}: one variable, at the end of the url`);
      if (variables === 1 && !(Array.isArray(example) && example.length === 1))
        found.push(`${name} needs an example of its url`);
      return found;
    }),
  ];
}

function variableProblems(where: string, component: Component, text: string, named: boolean): string[] {
  const variables = variablesIn(text);
  const braces = text.replaceAll(/\{\{\s*\w+\s*\}\}/g, "").match(/\{\{|\}\}/)
    ? [`${where} has braces that are no variable`]
    : [];
  if (variables.length === 0) return braces;
  const odd = named
    ? variables
        .filter((name) => !/^[a-z][a-z0-9_]*$/.test(name))
        .map((name) => `${where}: {{${name}}} is not a lower-case name`)
    : variables.some((name, i) => name !== String(i + 1)) && variables.toSorted().join() !== upTo(variables.length)
      ? [`${where}: variables count up from {{1}}, and are ${variables.map((name) => `{{${name}}}`).join(", ")}`]
      : [];
  return [
    ...braces,
    ...odd,
    ...(examples(where, component, named) === variables.length ? [] : [`${where} needs an example of each variable`]),
  ];
}

/** How many examples a component gives: `header_text` and `body_text` by position, `…_named_params` by name. */
function examples(where: string, component: Component, named: boolean): number {
  const example = exampleOf(component);
  const key = where.toLowerCase();
  const given = named ? example[`${key}_text_named_params`] : example[`${key}_text`];
  if (!Array.isArray(given)) return 0;
  return where === "BODY" && !named && Array.isArray(given[0]) ? given[0].length : given.length;
}

function exampleOf(component: Component): Component {
  const { example } = component;
  return isComponent(example) ? example : {};
}

const upTo = (n: number) =>
  Array.from({ length: n }, (_, i) => String(i + 1))
    .toSorted()
    .join();
