import { RestError } from "../error.ts";
import { parseField, parseFilter } from "./filter.ts";
import type { Condition } from "./logic.ts";
import { parseLogic } from "./logic.ts";
import { parseNames, splitPath } from "./names.ts";
import type { OrderTerm } from "./order.ts";
import { parseOrder } from "./order.ts";
import type { SelectItem } from "./select.ts";
import { parseSelect } from "./select.ts";

/** What the parameters ask of one resource: the one of the address (no path), or one embedded in it. */
export interface Clause {
  path: string[];
  condition?: Condition;
  order?: OrderTerm[];
  limit?: number;
  offset?: number;
}

export interface RestQuery {
  select: SelectItem[];
  clauses: Clause[];
  columns?: string[];
  on_conflict?: string[];
}

/** Items of one `select`, filters and all; a longer request is refused before anything is compiled. */
const MOST_PARAMETERS = 500;

/** Reads the parameters of a request, without those that are arguments of a function. */
export function parseQuery(
  parameters: URLSearchParams,
  isArgument: (key: string, value: string) => boolean = () => false,
): RestQuery {
  const query: RestQuery = { select: parseSelect(parameters.get("select") ?? "*"), clauses: [] };
  let count = 0;
  for (const [key, value] of parameters) {
    if (++count > MOST_PARAMETERS) {
      throw new RestError(400, "PGRST100", `A request may have ${MOST_PARAMETERS} parameters at most`);
    }
    if (key === "select" || isArgument(key, value)) continue;
    if (key === "columns") query.columns = parseNames(value, "columns parameter");
    else if (key === "on_conflict") query.on_conflict = parseNames(value, "on_conflict parameter");
    else query.clauses.push(parseClause(key, value));
  }
  return query;
}

function parseClause(key: string, value: string): Clause {
  const parts = splitPath(key);
  const last = parts.at(-1) ?? "";
  const path = parts.slice(0, -1);
  switch (last) {
    case "and":
    case "or": {
      const negated = path.at(-1) === "not";
      return { path: negated ? path.slice(0, -1) : path, condition: parseLogic(last, negated, value) };
    }
    case "order":
      return { path, order: parseOrder(value) };
    case "limit":
      return { path, ...whole("limit", value) };
    case "offset":
      return { path, ...whole("offset", value) };
    case "select":
      return { path };
    default:
      return { path, condition: parseFilter(parseField(last), value) };
  }
}

/** Anything that is no number is passed over; a negative limit cannot be met. */
function whole(name: "limit" | "offset", value: string): Partial<Pick<Clause, "limit" | "offset">> {
  if (!/^-?\d{1,15}$/.test(value)) return {};
  const number = Number(value);
  if (number >= 0) return { [name]: number };
  if (name === "offset") return { offset: 0 };
  throw new RestError(
    416,
    "PGRST103",
    "Requested range not satisfiable",
    "Limit should be greater than or equal to zero.",
  );
}
