import type { MiddlewareHandler } from "hono";
import type { App } from "../http.ts";

/** Hands everything on to Supabase Auth where there is one, bodies unread both ways. */
export const proxied: MiddlewareHandler<App> = async (c, next) => {
  const { SUPABASE_URL } = c.get("tools").config;
  if (SUPABASE_URL === "") return next();
  const { pathname, search } = new URL(c.req.url);
  const target = new URL(pathname + search, SUPABASE_URL);
  // a request made anew would lose its streaming body; redirects are the client's to follow
  const answer = await fetch(new Request(target, c.req.raw), { redirect: "manual" });
  return new Response(answer.body, answer);
};
