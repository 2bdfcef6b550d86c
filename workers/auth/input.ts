import type { Context } from "hono";
import * as z from "zod";
import { AuthError } from "../../shared/auth/auth-error.ts";
import { readBody } from "../../shared/http/read-body.ts";
import type { App } from "../http.ts";

const MAX_BODY_BYTES = 64 * 1024;
const SHORTEST_PASSWORD = 6;
/** bcrypt reads no more than that. */
const LONGEST_PASSWORD_BYTES = 72;

const email = z.email().max(255);
const metadata = z.record(z.string(), z.unknown()).nullish();
const newPassword = z.string();

export const credentials = z.object({ email, password: z.string() });
export const signingUp = z.object({ email, password: newPassword, data: metadata });
export const refreshing = z.object({ refresh_token: z.string().min(1) });
export const updating = z.object({ email: email.optional(), password: newPassword.optional(), data: metadata });
export const signingOut = z.enum(["global", "local", "others"]);
/** For administrators: `user_metadata` is the user's `data`. */
export const managing = z.object({
  email: email.optional(),
  password: newPassword.optional(),
  user_metadata: metadata,
  app_metadata: metadata,
});
export const creating = managing.extend({ email });

/** @throws AuthError for what is not as the schema says, and for a password that is too weak or too long */
export async function bodyOf<Schema extends z.ZodType<object>>(
  c: Context<App>,
  schema: Schema,
): Promise<z.output<Schema>> {
  const body = await readBody(c.req.raw, MAX_BODY_BYTES);
  if (!body) throw new AuthError(413, "validation_failed", `A request may have ${MAX_BODY_BYTES} bytes at most`);
  const parsed = schema.safeParse(jsonOf(body));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new AuthError(
      400,
      "validation_failed",
      `${issue?.path.join(".") || "body"}: ${issue?.message ?? "not valid"}`,
    );
  }
  if (schema !== (credentials as z.ZodType)) checkPassword(parsed.data);
  return parsed.data;
}

function checkPassword(given: object): void {
  const password = "password" in given ? given.password : undefined;
  if (typeof password !== "string") return;
  if (password.length < SHORTEST_PASSWORD) {
    throw new AuthError(422, "weak_password", `Password should be at least ${SHORTEST_PASSWORD} characters.`);
  }
  if (new TextEncoder().encode(password).length > LONGEST_PASSWORD_BYTES) {
    throw new AuthError(422, "validation_failed", `Password cannot be longer than ${LONGEST_PASSWORD_BYTES} bytes`);
  }
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch (cause) {
    throw new AuthError(400, "bad_json", "Could not parse request body as JSON", { cause });
  }
}
