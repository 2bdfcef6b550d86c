import { RestError } from "../error.ts";
import { parseInList } from "../parse/filter.ts";
import type { Filter, Operator } from "../parse/filter.ts";
import type { Condition } from "../parse/logic.ts";
import type { Scope } from "./field.ts";
import { fieldSql } from "./field.ts";
import type { Parameters } from "./sql.ts";
import { arrayLiteral } from "./sql.ts";

const PLAIN: Partial<Record<Operator, string>> = {
  eq: "=",
  neq: "<>",
  gt: ">",
  gte: ">=",
  lt: "<",
  lte: "<=",
  like: "LIKE",
  ilike: "ILIKE",
  match: "~",
  imatch: "~*",
  isdistinct: "IS DISTINCT FROM",
  cs: "@>",
  cd: "<@",
  ov: "&&",
  sl: "<<",
  sr: ">>",
  nxr: "&<",
  nxl: "&>",
  adj: "-|-",
};
const SEARCH: Partial<Record<Operator, string>> = {
  fts: "to_tsquery",
  plfts: "plainto_tsquery",
  phfts: "phraseto_tsquery",
  wfts: "websearch_to_tsquery",
};
const IS: Record<string, string> = {
  null: "NULL",
  not_null: "NOT NULL",
  true: "TRUE",
  false: "FALSE",
  unknown: "UNKNOWN",
};

/** What follows the word is passed over. */
const IS_VALUE = /^(?:null|not_null|true|false|unknown)/i;

/**
 * A condition as SQL. `whole` answers for a filter whose field is an embedded resource: the expression that is null where
 * nothing is embedded.
 */
export function conditionSql(
  condition: Condition,
  scope: Scope,
  parameters: Parameters,
  whole: (name: string) => string | undefined,
): string {
  if (condition.kind === "filter") return filterSql(condition, scope, parameters, whole);
  const { operator, negated, conditions } = condition;
  const parts = conditions.map((one) => conditionSql(one, scope, parameters, whole));
  const joined = `(${parts.join(operator === "and" ? " AND " : " OR ")})`;
  return negated ? `NOT ${joined}` : joined;
}

function filterSql(
  filter: Filter,
  scope: Scope,
  parameters: Parameters,
  whole: (name: string) => string | undefined,
): string {
  const { field, negated } = filter;
  const resource = scope.relation.columns.has(field.name) || field.path.length > 0 ? undefined : whole(field.name);
  const expression =
    resource === undefined ? comparison(filter, fieldSql(scope, field), scope, parameters) : presence(filter, resource);
  return negated ? `NOT (${expression})` : expression;
}

function presence({ field, operator, value }: Filter, resource: string): string {
  const word = IS_VALUE.exec(value)?.[0].toLowerCase() ?? "";
  if (operator === "is" && (word === "null" || word === "not_null")) return `${resource} IS ${IS[word]}`;
  throw new RestError(
    400,
    "PGRST120",
    `Bad operator on the '${field.name}' embedded resource`,
    "Only is null or not is null filters are allowed on embedded resources",
  );
}

function comparison(filter: Filter, left: string, scope: Scope, parameters: Parameters): string {
  const { field, operator, value, quantifier } = filter;
  const column = field.path.length === 0 ? scope.relation.columns.get(field.name) : undefined;
  const read = (place: string) => (column?.text_read_by ? `${column.text_read_by}(${place})` : place);
  if (operator === "is") return `${left} IS ${IS[IS_VALUE.exec(value)?.[0].toLowerCase() ?? ""] ?? notIs(value)}`;
  if (operator === "in") {
    const values = parseInList(value);
    if (!column?.text_read_by) return `${left} = ANY (${parameters.add(arrayLiteral(values))})`;
    return values.length === 0 ? "FALSE" : `${left} IN (${values.map((one) => read(parameters.add(one))).join(", ")})`;
  }
  const search = SEARCH[operator];
  if (search) return searchSql(search, filter, left, scope, parameters);
  const pattern = operator === "like" || operator === "ilike" ? value.replaceAll("*", "%") : value;
  const right = parameters.add(pattern);
  return `${left} ${PLAIN[operator]} ${quantifier ? `${quantifier.toUpperCase()} (${right})` : read(right)}`;
}

function searchSql(
  query: string,
  { field, language, value }: Filter,
  left: string,
  scope: Scope,
  parameters: Parameters,
) {
  const column = field.path.length === 0 ? scope.relation.columns.get(field.name) : undefined;
  const configuration = language === undefined ? "" : `${parameters.add(language)}::regconfig, `;
  const document = column?.type === "tsvector" ? left : `to_tsvector(${configuration}${left})`;
  return `${document} @@ ${query}(${configuration}${parameters.add(value)})`;
}

function notIs(value: string): never {
  throw new RestError(
    400,
    "PGRST100",
    `"failed to parse filter (is.${value})" (line 1, column 4)`,
    `unexpected "${value[0] ?? ""}" expecting isVal: (null, not_null, true, false, unknown)`,
  );
}
