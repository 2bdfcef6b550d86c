import { RestError } from "../error.ts";

/** The form of an answer. */
export interface Format {
  kind: "array" | "object" | "csv" | "plan" | "text" | "octets";
  /** Properties that are null are left out. */
  strip_nulls: boolean;
  /** Only of a plan. */
  plan?: { json: boolean; options: string[]; of: string };
}

const PLAN_OPTIONS = new Set(["analyze", "verbose", "settings", "buffers", "wal"]);
const plain = (kind: Format["kind"]): Format => ({ kind, strip_nulls: false });

/**
 * Chooses the first form of the header `Accept` that we have.
 * @throws RestError PGRST107 when there is none
 */
export function parseAccept(header: string | null, { plans = false }: { plans?: boolean } = {}): Format {
  const ranges = (header ?? "*/*")
    .split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/)
    .map((range) => range.trim())
    .toSorted((a, b) => weightOf(b) - weightOf(a));
  for (const range of ranges) {
    const format = formatOf(range, plans);
    if (format) return format;
  }
  throw new RestError(406, "PGRST107", `None of these media types are available: ${ranges.join(", ")}`);
}

/** How much a client wants a form, from 0 to 1. */
const weightOf = (range: string) => Number(/;\s*q=([01](?:\.\d{1,3})?)/i.exec(range)?.[1] ?? 1);

function formatOf(range: string, plans: boolean): Format | undefined {
  const [type = "", ...parameters] = range.split(/;(?=(?:[^"]*"[^"]*")*[^"]*$)/).map((part) => part.trim());
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
      return plain("text");
    case "application/octet-stream":
      return plain("octets");
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
