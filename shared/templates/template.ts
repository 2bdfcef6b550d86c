/** What the catalogue knows of a template, as far as a message can be checked against it. */
export interface TemplateShape {
  /** As Meta lists them; empty when they have not been read yet. */
  components: readonly Component[];
  parameter_format: "POSITIONAL" | "NAMED";
}

/** A part of a template: `{ type: "BODY", text }`, `{ type: "HEADER", format, text }`, `{ type: "BUTTONS", buttons }`. */
export type Component = Readonly<Record<string, unknown>>;

export const CATEGORIES = ["MARKETING", "UTILITY", "AUTHENTICATION"] as const;

/** The component of a type, whatever the case it is written in. */
export function componentOf(components: readonly Component[], type: string): Component | undefined {
  return components.find((one) => word(one["type"]) === type);
}

/** The buttons of a template, in the order that `index` counts. */
export function buttonsOf(components: readonly Component[]): Component[] {
  const { buttons } = componentOf(components, "BUTTONS") ?? {};
  return Array.isArray(buttons) ? buttons.filter(isComponent) : [];
}

/** The names of a text's variables, `{{1}}` or `{{first_name}}`, each once and in their order. */
export function variablesIn(text: unknown): string[] {
  const found = typeof text === "string" ? text.matchAll(/\{\{\s*(\w+)\s*\}\}/g) : [];
  return [...new Set([...found].map((match) => match[1] ?? ""))];
}

/** A value of Meta's vocabularies in capitals; empty for anything that is not a text. */
export function word(value: unknown): string {
  return typeof value === "string" ? value.toUpperCase() : "";
}

export function isComponent(value: unknown): value is Component {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
