import { Hono } from "hono";
import type { Context } from "hono";
import * as z from "zod";
import { AuthError, accepted } from "../../shared/auth/auth-error.ts";
import type { User } from "../../shared/auth/session.ts";
import { call } from "../../shared/db/call.ts";
import type { FunctionName } from "../../shared/db/call.ts";
import type { App } from "../http.ts";
import { callerOf } from "./caller.ts";
import { bodyOf, creating, managing } from "./input.ts";

const page = z.object({
  page: z.coerce.number().int().min(1).catch(1),
  per_page: z.coerce.number().int().min(1).max(1000).catch(50),
});

/** `/auth/v1/admin/users`: for the service role only. */
export const admin = new Hono<App>()
  .use(async (c, next) => {
    if ((await callerOf(c.req.raw.headers, c.get("tools"))).kind !== "service") {
      throw new AuthError(403, "not_admin", "User not allowed");
    }
    await next();
  })
  .get("/users", async (c) => {
    const asked = page.parse(c.req.query());
    const { users, total } = await call<{ users: User[]; total: number }>(
      c.get("tools").exec,
      "auth_list_users_v1",
      asked,
    );
    const last = Math.max(1, Math.ceil(total / asked.per_page));
    const links = [["last", last], ...(asked.page < last ? [["next", asked.page + 1]] : [])];
    c.header("x-total-count", String(total));
    c.header(
      "link",
      links.map(([rel, to]) => `</admin/users?page=${to}&per_page=${asked.per_page}>; rel="${rel}"`).join(", "),
    );
    return c.json({ users, aud: "authenticated" });
  })
  .post("/users", async (c) => {
    const { user_metadata, ...given } = await bodyOf(c, creating);
    return c.json(await userOf(c, "auth_create_user_v1", { ...given, data: user_metadata }));
  })
  .get("/users/:id", async (c) => c.json(await userOf(c, "auth_find_user_v1", { user_id: idOf(c) })))
  .put("/users/:id", async (c) => {
    const { user_metadata, ...given } = await bodyOf(c, managing);
    return c.json(await userOf(c, "auth_update_user_v1", { ...given, data: user_metadata, user_id: idOf(c) }));
  })
  .delete("/users/:id", async (c) => {
    accepted(await call<object>(c.get("tools").exec, "auth_delete_user_v1", { user_id: idOf(c) }));
    return c.json({});
  });

async function userOf(c: Context<App>, act: FunctionName, given: object): Promise<User> {
  return accepted(await call<{ user: User }>(c.get("tools").exec, act, given)).user;
}

function idOf(c: Context<App>): string {
  const id = z.uuid().safeParse(c.req.param("id"));
  if (!id.success) throw new AuthError(404, "validation_failed", "user_id must be an UUID");
  return id.data;
}
