import type { z } from "zod";
import type { Reply } from "../server/http.ts";
import { metaError } from "./errors.ts";

/**
 * What Meta says to a body of the wrong shape: 131008 for something missing, 100 for a field it does not know or a
 * wrong JSON type, 131009 for a value out of range.
 */
export function refuseShape(error: z.ZodError): Reply {
  const issue = deepest(error.issues);
  const name = issue?.path.map(String).join(".") || "body";
  if (issue?.code === "unrecognized_keys") {
    return metaError(100, `Unexpected key "${issue.keys[0] ?? ""}" on param "${name}".`);
  }
  if (issue?.code === "invalid_type") {
    return issue.input === undefined
      ? metaError(131008, `The parameter ${name} is required.`)
      : metaError(100, `Param ${name} must be of type ${issue.expected}.`);
  }
  if (issue?.code === "invalid_value" && issue.input === undefined) {
    return metaError(131008, `The parameter ${name} is required.`);
  }
  return metaError(131009, `Param ${name}: ${issue?.message ?? "not valid"}.`);
}

/** Of a union only the branch that came closest says something useful: the one with the fewest complaints. */
function deepest(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue | undefined {
  const issue = issues[0];
  if (issue?.code !== "invalid_union" || issue.errors.length === 0) return issue;
  const branch = issue.errors.reduce((best, next) => (next.length < best.length ? next : best));
  const inner = deepest(branch);
  return inner && { ...inner, path: [...issue.path, ...inner.path] };
}
