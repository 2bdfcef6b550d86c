import type { Context } from "hono";
import { AuthError, accepted } from "../../shared/auth/auth-error.ts";
import { credentialsOf, identify } from "../../shared/auth/identify.ts";
import type { User } from "../../shared/auth/session.ts";
import { call } from "../../shared/db/call.ts";
import type { App } from "../http.ts";

interface SignedIn {
  user_id: string;
  session_id: string;
}

export async function currentUser(c: Context<App>): Promise<User> {
  const who = await signedIn(c);
  return accepted(await call<{ user: User }>(c.get("tools").exec, "auth_get_user_v1", who)).user;
}

/** The session stays; with a new password all others end. */
export async function updateCurrentUser(c: Context<App>, changes: object): Promise<User> {
  await currentUser(c);
  const { user_id, session_id } = await signedIn(c);
  const given = { ...changes, user_id, keep_session: session_id };
  return accepted(await call<{ user: User }>(c.get("tools").exec, "auth_update_user_v1", given)).user;
}

export async function signOut(c: Context<App>, scope: "global" | "local" | "others"): Promise<void> {
  await call(c.get("tools").exec, "auth_sign_out_v1", { ...(await signedIn(c)), scope });
}

/** @throws AuthError for anybody but a user with a session of ours */
async function signedIn(c: Context<App>): Promise<SignedIn> {
  const { keys, now } = c.get("tools");
  const { bearer } = credentialsOf(c.req.raw.headers);
  if (!bearer) throw new AuthError(401, "no_authorization", "This endpoint requires a valid Bearer token");
  const caller = await identify({ bearer }, keys, now()).catch((cause: unknown) => {
    throw new AuthError(403, "bad_jwt", cause instanceof Error ? cause.message : "invalid JWT", { cause });
  });
  const session_id = caller.kind === "user" ? caller.claims["session_id"] : undefined;
  if (caller.kind !== "user" || typeof session_id !== "string") {
    throw new AuthError(403, "bad_jwt", "This token is not that of a signed-in user");
  }
  return { user_id: caller.user_id, session_id };
}
