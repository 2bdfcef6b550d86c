import type { Statement } from "../../db/exec.ts";
import { RestError } from "../error.ts";

/** An identifier; only names that the schema cache knows, or that only a result bears, come here. */
export const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** A constant of ours or a key of JSON, where a parameter cannot stand. */
export const literal = (text: string) => {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  // a backslash is itself in a plain literal, whatever `standard_conforming_strings` says
  return text.includes("\\") ? `E${quoted.replaceAll("\\", "\\\\")}` : quoted;
};

export const relationName = ({ schema, name }: { schema: string; name: string }) =>
  `${identifier(schema)}.${identifier(name)}`;

/** `{"a","b"}`: a list as one parameter. */
export const arrayLiteral = (values: string[]) =>
  `{${values.map((value) => `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`).join(",")}}`;

/** Words, as in `double precision`, with a length and brackets: nothing that could end the expression. */
const TYPE = /^[a-z_][a-z0-9_]*(?:[ .][a-z_][a-z0-9_]*){0,3}(?:\(\d{1,4}(?:,\d{1,4})?\))?(?:\[\])?$/i;

/** @throws RestError PGRST100 for what is no name of a type */
export function castTo(expression: string, type: string): string {
  if (!TYPE.test(type)) throw new RestError(400, "PGRST100", `"${type}" is not the name of a type`);
  return `CAST(${expression} AS ${type})`;
}

/** The values of one statement, in the order of their places. */
export class Parameters {
  readonly values: string[] = [];

  /** Adds a value; answers its place. */
  add(value: string): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  statement(text: string): Statement {
    return { text, params: this.values };
  }
}
