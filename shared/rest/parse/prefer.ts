import { RestError } from "../error.ts";

/** What the header `Prefer` asks for (RFC 7240; docs.postgrest.org, "Prefer Header"). */
export interface Preferences {
  resolution?: "merge-duplicates" | "ignore-duplicates";
  return?: "representation" | "headers-only" | "minimal";
  count?: "exact" | "planned" | "estimated";
  tx?: "commit" | "rollback";
  missing?: "default" | "null";
  handling?: "strict" | "lenient";
  max_affected?: number;
  timezone?: string;
}

const VALUES: Record<string, readonly string[]> = {
  resolution: ["merge-duplicates", "ignore-duplicates"],
  return: ["representation", "headers-only", "minimal"],
  count: ["exact", "planned", "estimated"],
  tx: ["commit", "rollback"],
  missing: ["default", "null"],
  handling: ["strict", "lenient"],
};

/** One of the IANA database; an offset alone is none. */
function isTimezone(name: string): boolean {
  if (!/^[A-Za-z][\w+\-/]{1,63}$/.test(name)) return false;
  try {
    return Boolean(new Intl.DateTimeFormat("en", { timeZone: name }));
  } catch {
    return false;
  }
}

/**
 * Reads the header; of two of a kind the first counts.
 * @throws RestError PGRST122 when an unknown preference comes with `handling=strict`
 */
export function parsePrefer(header: string | null): Preferences {
  const found: Record<string, string | number> = {};
  const unknown: string[] = [];
  for (const entry of (header ?? "")
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean)) {
    const [name = "", value = ""] = entry.split("=", 2).map((one) => one.trim());
    if (VALUES[name]?.includes(value)) found[name] ??= value;
    else if (name === "max-affected" && /^\d{1,9}$/.test(value)) found["max_affected"] ??= Number(value);
    else if (name === "timezone" && isTimezone(value)) found["timezone"] ??= value;
    else unknown.push(entry);
  }
  if (found["handling"] === "strict" && unknown.length > 0) {
    throw new RestError(
      400,
      "PGRST122",
      "Invalid preferences given with handling=strict",
      `Invalid preferences: ${unknown.join(", ")}`,
    );
  }
  return found as Preferences;
}
