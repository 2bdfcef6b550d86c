/** The part of Gemini's schema language (OpenAPI 3.0 subset) that an answer is fitted to. */
export interface ResponseSchema {
  type?: unknown;
  enum?: unknown;
  nullable?: unknown;
  items?: unknown;
  properties?: unknown;
  required?: unknown;
}

/**
 * A value in the form of the schema: fields that `values` has are taken as they are, the others get the plainest value
 * of their type. Without properties, everything in `values` is given.
 */
export function fitToSchema(schema: ResponseSchema, values: Record<string, unknown>): Record<string, unknown> {
  const properties = asObject(schema.properties);
  if (!properties) return values;
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [
      name,
      Object.hasOwn(values, name) ? values[name] : plainest(asObject(property) ?? {}),
    ]),
  );
}

function plainest(schema: ResponseSchema): unknown {
  if (schema.nullable === true) return null;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  switch (String(schema.type).toLowerCase()) {
    case "object":
      return fitToSchema(schema, {});
    case "array":
      return [];
    case "number":
    case "integer":
      return 0;
    case "boolean":
      return false;
    default:
      return "";
  }
}

/** Google's complaint about a schema; null when it would take it. */
export function schemaProblem(schema: ResponseSchema, at = "response_schema"): string | null {
  const type = String(schema.type).toLowerCase();
  const properties = asObject(schema.properties);
  if (type === "array") {
    const items = asObject(schema.items);
    return items ? schemaProblem(items, `${at}.items`) : `${at}.items: missing field.`;
  }
  if (type !== "object") return null;
  if (!properties || Object.keys(properties).length === 0)
    return `${at}.properties: should be non-empty for OBJECT type`;
  const required = Array.isArray(schema.required) ? schema.required : [];
  const stray = required.find((name) => !Object.hasOwn(properties, String(name)));
  if (stray !== undefined) return `${at}.required: property is not defined: ${String(stray)}`;
  for (const [name, property] of Object.entries(properties)) {
    const problem = schemaProblem(asObject(property) ?? {}, `${at}.properties[${name}]`);
    if (problem) return problem;
  }
  return null;
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
