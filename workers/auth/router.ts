import { Hono } from "hono";
import type { Context } from "hono";
import { AuthError } from "../../shared/auth/auth-error.ts";
import { openSession, refreshSession } from "../../shared/auth/session.ts";
import { describeError } from "../../shared/log.ts";
import { STATUS, asServiceError } from "../../shared/errors.ts";
import type { App } from "../http.ts";
import { admin } from "./admin.ts";
import { bodyOf, credentials, refreshing, signingUp, signingOut, updating } from "./input.ts";
import { proxied } from "./proxy.ts";
import { sessionTools } from "./tools.ts";
import { currentUser, signOut, updateCurrentUser } from "./user.ts";

/** `/auth/v1/*`: signing in, for supabase-js: by Supabase Auth where there is one, otherwise by ourselves. */
export const auth = new Hono<App>()
  .use(proxied)
  .onError((error, c) => refuse(c, error))
  .get("/health", (c) =>
    c.json({ name: "Switchboard", version: "1", description: "Signing in with mail and password" }),
  )
  .get("/settings", (c) =>
    c.json({
      external: { email: true, phone: false, anonymous_users: false },
      disable_signup: !c.get("tools").config.AUTH_SIGNUPS,
      mailer_autoconfirm: true,
      phone_autoconfirm: false,
      sms_provider: "",
      saml_enabled: false,
    }),
  )
  .get("/.well-known/jwks.json", (c) => {
    c.header("cache-control", "public, max-age=600");
    return c.json(sessionTools(c).signer.jwks);
  })
  .post("/signup", async (c) => {
    if (!c.get("tools").config.AUTH_SIGNUPS) {
      throw new AuthError(422, "signup_disabled", "Signups not allowed for this instance");
    }
    const given = await bodyOf(c, signingUp);
    return c.json(await openSession("auth_sign_up_v1", { ...given, ...deviceOf(c) }, sessionTools(c)));
  })
  .post("/token", async (c) => {
    const tools = sessionTools(c);
    switch (c.req.query("grant_type")) {
      case "password": {
        const given = await bodyOf(c, credentials);
        return c.json(await openSession("auth_sign_in_v1", { ...given, ...deviceOf(c) }, tools));
      }
      case "refresh_token":
        return c.json(await refreshSession((await bodyOf(c, refreshing)).refresh_token, tools));
      default:
        throw new AuthError(400, "invalid_grant", "grant_type must be password or refresh_token");
    }
  })
  .get("/user", async (c) => c.json(await currentUser(c)))
  .put("/user", async (c) => c.json(await updateCurrentUser(c, await bodyOf(c, updating))))
  .post("/logout", async (c) => {
    await signOut(c, signingOut.parse(c.req.query("scope") ?? "global"));
    return c.body(null, 204);
  })
  .route("/admin", admin)
  .all("/*", () => {
    throw new AuthError(404, "not_found", "This way of signing in is not offered here");
  });

/** What a session remembers of the device that it was begun on. */
function deviceOf(c: Context<App>): { user_agent?: string; ip?: string } {
  const user_agent = c.req.header("user-agent")?.slice(0, 300);
  const ip = c.req.header("cf-connecting-ip");
  return { ...(user_agent && { user_agent }), ...(ip && { ip }) };
}

function refuse(c: Context<App>, error: unknown): Response {
  if (error instanceof AuthError) {
    const { status, error_code, message } = error;
    return c.json({ code: status, error_code, msg: message }, status as 400);
  }
  const known = asServiceError(error);
  const status = STATUS[known.code];
  if (status >= 500) c.get("tools").log("error", "auth.failed", { path: c.req.path, error: describeError(error) });
  const error_code = known.code === "unauthorized" ? "bad_jwt" : known.code;
  return c.json({ code: status, error_code, msg: known.message }, status);
}
