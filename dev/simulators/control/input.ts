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

/** One of these by name. */
function named<Name extends string>(names: readonly Name[]) {
  return z.string().transform((name, context): Name => {
    const found = names.find((one) => one === name);
    if (found) return found;
    context.addIssue({ code: "custom", message: `unknown provider: ${name}` });
    return z.NEVER;
  });
}

export const provider = named<Provider>(PROVIDERS);

/** Whoever delivers something to us: a provider, or calls over one. */
export const sender = named<Provider | "telnyx-voice">([...PROVIDERS, "telnyx-voice"]);
