/** One comparison of a subscription's filter: `column=operator.value`, several joined by commas. */
export interface ChangeFilter {
  column: string;
  negated: boolean;
  operator: FilterOperator;
  value: string;
  /** Of `in`. */
  values: string[];
}

const OPERATORS = [
  "eq",
  "neq",
  "lt",
  "lte",
  "gt",
  "gte",
  "in",
  "like",
  "ilike",
  "is",
  "match",
  "imatch",
  "isdistinct",
] as const;
export type FilterOperator = (typeof OPERATORS)[number];

const ONE = /([\w$]+)=(not\.)?([a-z]+)\.(\((?:"(?:\\.|[^"\\])*"|[^()"])*\)|"(?:\\.|[^"\\])*"|[^,]*)(?:,|$)/y;

/** Reads the filter of a subscription; null for one that is none. */
export function parseChangeFilter(text: string): ChangeFilter[] | null {
  const filters: ChangeFilter[] = [];
  for (let at = 0; at < text.length;) {
    ONE.lastIndex = at;
    const [whole, column = "", not, word, given = ""] = ONE.exec(text) ?? [];
    const operator = OPERATORS.find((one) => one === word);
    if (whole === undefined || !operator) return null;
    const values = operator === "in" ? list(given) : [];
    if (values === null || (PATTERN.has(operator) && !patternOf(operator, unquote(given)))) return null;
    filters.push({ column, negated: not !== undefined, operator, value: unquote(given), values });
    at += whole.length;
  }
  return filters;
}

const PATTERN = new Set<FilterOperator>(["like", "ilike", "match", "imatch"]);

/** Whether a row passes every comparison. A comparison with null passes as little as it does in SQL. */
export function passes(record: Record<string, unknown>, filters: ChangeFilter[]): boolean {
  return filters.every((filter) => {
    const result = compare(record[filter.column], filter);
    return result !== null && result !== filter.negated;
  });
}

function compare(held: unknown, { operator, value, values }: ChangeFilter): boolean | null {
  if (operator === "is") return value.toLowerCase() === "null" ? held == null : String(held) === value.toLowerCase();
  if (operator === "isdistinct") return held == null ? value.toLowerCase() !== "null" : text(held) !== value;
  if (held == null) return null;
  switch (operator) {
    case "eq":
      return order(held, value) === 0;
    case "neq":
      return order(held, value) !== 0;
    case "lt":
      return order(held, value) < 0;
    case "lte":
      return order(held, value) <= 0;
    case "gt":
      return order(held, value) > 0;
    case "gte":
      return order(held, value) >= 0;
    case "in":
      return values.some((one) => order(held, one) === 0);
    default:
      return patternOf(operator, value)?.test(text(held)) ?? null;
  }
}

const text = (held: unknown) => (typeof held === "object" ? JSON.stringify(held) : String(held));

/** Numbers and times as such, all else as texts. */
function order(held: unknown, value: string): number {
  if (typeof held === "number") return held - Number(value);
  const [a, b] = [text(held), value];
  if (a === b) return 0;
  if (isTime(a) && isTime(b)) return Date.parse(a) - Date.parse(b);
  return a < b ? -1 : 1;
}

const isTime = (value: string) => /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(value) && !Number.isNaN(Date.parse(value));

const LONGEST_PATTERN = 200;
/** A repeated group, or a reference back: what makes a search take for ever. */
const COSTLY = /\)[*+?{]|\\\d/;

function patternOf(operator: FilterOperator, value: string): RegExp | null {
  if (value.length > LONGEST_PATTERN || (operator.endsWith("match") && COSTLY.test(value))) return null;
  const insensitive = operator.startsWith("i") ? "is" : "s";
  try {
    if (operator.endsWith("match")) return new RegExp(value, insensitive);
    const escaped = value.replaceAll(/[\\^$.*+?()[\]{}|]/g, (character) =>
      character === "*" ? "*" : `\\${character}`,
    );
    return new RegExp(`^${escaped.replaceAll(/[%*]/g, ".*").replaceAll("_", ".")}$`, insensitive);
  } catch {
    return null;
  }
}

function list(given: string): string[] | null {
  if (!given.startsWith("(") || !given.endsWith(")")) return null;
  return [...given.slice(1, -1).matchAll(/"(?:\\.|[^"\\])*"|[^,]+/g)].map(([one]) => unquote(one.trim()));
}

function unquote(given: string): string {
  if (!given.startsWith('"') || !given.endsWith('"') || given.length < 2) return given;
  return given.slice(1, -1).replaceAll(/\\(.)/g, "$1");
}
