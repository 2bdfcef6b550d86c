import type { Context } from "hono";
import { AuthError } from "../../shared/auth/auth-error.ts";
import type { SessionTools } from "../../shared/auth/session.ts";
import type { App } from "../http.ts";

/** @throws AuthError where this Worker has no key to sign tokens with */
export function sessionTools(c: Context<App>): SessionTools {
  const { exec, signer, now } = c.get("tools");
  if (!signer) {
    throw new AuthError(503, "not_configured", "Signing in is not set up: set AUTH_PRIVATE_JWK, or SUPABASE_URL.");
  }
  return { exec, signer, now, issuer: `${new URL(c.req.url).origin}/auth/v1` };
}
