import { Hono } from "hono";
import { commands } from "../functions/registry.ts";
import type { App } from "../http.ts";
import { openApi } from "./openapi.ts";
import { docsPage } from "./page.ts";

const originOf = (url: string) => new URL(url).origin;

/** `/openapi.json` for machines, `/docs` for people. */
export const docs = new Hono<App>()
  .get("/openapi.json", (c) => {
    c.header("access-control-allow-origin", "*");
    return c.json(openApi(commands.values(), originOf(c.req.url)));
  })
  .get("/docs", (c) => {
    c.header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'");
    return c.html(docsPage(commands.values(), originOf(c.req.url)));
  });
