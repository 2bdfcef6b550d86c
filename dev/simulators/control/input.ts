import { z } from "zod";
import { PROVIDERS } from "../server/http.ts";
import type { Provider } from "../server/http.ts";

/** A request to the control that cannot be met; becomes a 400. */
export class ControlError extends Error {
  override readonly name = "ControlError";
}

/** Checks a control body; the complaint names the field. */
export function checked<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  if (issue?.code === "unrecognized_keys") throw new ControlError(`unknown field: ${issue.keys.join(", ")}`);
  throw new ControlError(`${issue?.path.map(String).join(".") || "body"}: ${issue?.message ?? "not valid"}`);
}

/** A provider by name. Those of other channels are known but have no simulator. */
export const provider = z.string().transform((name, context): Provider => {
  const found = PROVIDERS.find((one) => one === name);
  if (found) return found;
  const planned = ["twilio", "telnyx-voice"].includes(name);
  context.addIssue({ code: "custom", message: planned ? `${name} is not simulated yet` : `unknown provider: ${name}` });
  return z.NEVER;
});
