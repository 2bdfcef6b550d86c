import { RestError } from "../error.ts";

/** The form of an answer. */
export interface Format {
  kind: "array" | "object" | "csv" | "plan" | "text" | "custom";
  /** Properties that are null are left out. */
  strip_nulls: boolean;
  /** Only of a plan. */
  plan?: { json: boolean; options: string[]; of: string };
  /** Only of a form that the schema makes itself. */
  media?: Media;
}

/** A form that the schema makes itself: the type is the name of a domain (docs.postgrest.org, "Media Type Handlers"). */
export interface Media {
  /** In lower case; of one that answers whatever is asked for, octets. */
  type: string;
  /** It is bytes, not text. */
  binary: boolean;
  /** The aggregate that makes it of rows, quoted, and the relation whose rows it takes; absent for a function's own value. */
  aggregate?: string;
  of?: string | null;
}

export interface AcceptOptions {
  /** Plans may be asked for. */
  plans?: boolean;
  /** One of the schema's own forms, if it has that; these go before ours. */
  own?: (type: string) => Media | undefined;
  /** A single value may be asked for as text, whatever its type. */
  text?: boolean;
}

const PLAN_OPTIONS = new Set(["analyze", "verbose", "settings", "buffers", "wal"]);
const plain = (kind: Format["kind"]): Format => ({ kind, strip_nulls: false });

/**
 * Chooses the first form of the header `Accept` that we have.
 * @throws RestError PGRST107 when there is none
 */
export function parseAccept(header: string | null, options: AcceptOptions = {}): Format {
  const ranges = (header ?? "*/*")
    .split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/)
    .map((range) => range.trim())
    .toSorted((a, b) => weightOf(b) - weightOf(a));
  for (const range of ranges) {
    const format = formatOf(range, options);
    if (format) return format;
  }
  throw new RestError(406, "PGRST107", `None of these media types are available: ${ranges.join(", ")}`);
}

/** How much a client wants a form, from 0 to 1. */
const weightOf = (range: string) => Number(/;\s*q=([01](?:\.\d{1,3})?)/i.exec(range)?.[1] ?? 1);

function formatOf(range: string, { plans = false, own, text = false }: AcceptOptions): Format | undefined {
  const [type = "", ...parameters] = range.split(/;(?=(?:[^"]*"[^"]*")*[^"]*$)/).map((part) => part.trim());
  const media = type.startsWith("application/vnd.pgrst.") ? undefined : own?.(type.toLowerCase());
  if (media) return { kind: "custom", strip_nulls: false, media };
  const strip_nulls = parameters.includes("nulls=stripped");
  switch (type.toLowerCase()) {
    case "*/*":
    case "application/*":
    case "application/json":
      return plain("array");
    case "application/vnd.pgrst.array+json":
    case "application/vnd.pgrst.array":
      return { kind: "array", strip_nulls };
    case "application/vnd.pgrst.object+json":
    case "application/vnd.pgrst.object":
      return { kind: "object", strip_nulls };
    case "text/csv":
      return plain("csv");
    case "text/plain":
      return text ? plain("text") : undefined;
    case "application/vnd.pgrst.plan":
    case "application/vnd.pgrst.plan+text":
    case "application/vnd.pgrst.plan+json":
      return plans ? planOf(type, parameters) : undefined;
    default:
      return undefined;
  }
}

function planOf(type: string, parameters: string[]): Format {
  const value = (name: string) =>
    parameters
      .find((one) => one.startsWith(`${name}=`))
      ?.slice(name.length + 1)
      .replaceAll('"', "") ?? "";
  const options = value("options")
    .split("|")
    .filter((option) => PLAN_OPTIONS.has(option));
  const of = (value("for") || "application/json").replace(/^(application\/vnd\.pgrst\.(?:object|array))$/, "$1+json");
  return { kind: "plan", strip_nulls: false, plan: { json: type.endsWith("+json"), options, of } };
}
