import { Hono } from "hono";
import type { Context } from "hono";
import { claimsOf, credentialsOf } from "../../shared/auth/identify.ts";
import { foreignSession, sessionOf } from "../../shared/auth/principal.ts";
import type { Scope } from "../../shared/auth/principal.ts";
import type { Session } from "../../shared/db/exec.ts";
import { DatabaseUnavailable } from "../../shared/db/exec.ts";
import { readBody } from "../../shared/http/read-body.ts";
import { describeError } from "../../shared/log.ts";
import { RestError } from "../../shared/rest/error.ts";
import { handleRest } from "../../shared/rest/handle.ts";
import type { Handled, RestRequest } from "../../shared/rest/handle.ts";
import { refusalOf } from "../../shared/rest/respond/error.ts";
import { restSettings } from "../../shared/rest/settings.ts";
import { callerOf } from "../auth/caller.ts";
import { wakeAll } from "../conversation/wake.ts";
import { beat } from "../cron/pulse.ts";
import { afterwards } from "../http.ts";
import type { App } from "../http.ts";
import type { Tools } from "../tools.ts";
import { schemaCacheOf } from "./schema-cache.ts";

const MAX_BODY_BYTES = 5 * 1024 * 1024;
const PREFIX = "/rest/v1/";

/** `/rest/v1/*`: tables, views and functions, for `@supabase/supabase-js` and everything else that speaks PostgREST. */
export const rest = new Hono<App>().all("/*", async (c) => {
  let role = "anon";
  try {
    const tools = c.get("tools");
    const reads = c.req.method === "GET" || c.req.method === "HEAD";
    const session = await sessionFor(c.req.raw.headers, tools, reads ? "read" : "write");
    ({ role } = session);
    const { response, touched } = await answerTo(await requestOf(c), session, tools);
    if (!reads) afterwards(c, "pulse", beat(c.env, tools.now()));
    if (touched.length > 0) afterwards(c, "wake", wakeAll(c.env, touched));
    const { body, status, headers } = response;
    return new Response(body, { status, headers });
  } catch (error) {
    return refuse(c, error, role);
  }
});

/**
 * In our own database the roles of the doors come in, and keys; in another a token names any role, and Postgres refuses
 * those that the login is no member of (docs.postgrest.org, "Authentication").
 */
async function sessionFor(headers: Headers, tools: Tools, scope: Scope): Promise<Session> {
  const { keys, now, config } = tools;
  if (!config.DATABASE_FOREIGN) return sessionOf(await callerOf(headers, tools), scope);
  return foreignSession((await claimsOf(credentialsOf(headers), keys, now())) ?? {});
}

async function requestOf(c: Context<App>): Promise<RestRequest> {
  const { pathname, searchParams, host, protocol } = new URL(c.req.url);
  const body = c.req.raw.body ? await readBody(c.req.raw, MAX_BODY_BYTES) : new Uint8Array();
  if (!body) throw new RestError(413, "SB413", `A request's body may have ${MAX_BODY_BYTES} bytes at most.`);
  return {
    method: c.req.method,
    resource: resourceOf(pathname),
    place: { host, scheme: protocol.slice(0, -1), path: PREFIX },
    parameters: searchParams,
    headers: c.req.raw.headers,
    body: new TextDecoder().decode(body),
  };
}

function resourceOf(pathname: string): string {
  try {
    const resource = decodeURIComponent(pathname.slice(PREFIX.length));
    if (/^(?:(?:rpc\/)?[^/]+)?$/.test(resource)) return resource;
  } catch {
    // a broken escape is no path of ours either
  }
  throw new RestError(404, "PGRST125", "Invalid path specified in request URL");
}

/** What a stale schema could have hidden: the request is answered once more from a new one. */
const UNKNOWN = new Set(["PGRST200", "PGRST202", "PGRST204", "PGRST205", "42703"]);

async function answerTo(request: RestRequest, session: Session, tools: Tools): Promise<Handled> {
  const { exec, config } = tools;
  const settings = restSettings(config);
  const cache = schemaCacheOf(tools, settings);
  if (request.resource === "rpc/_reload_schema" && session.role === "service_role") {
    await cache.reload();
    return { response: { status: 204, headers: [], body: null }, touched: [] };
  }
  const once = async () => handleRest(request, session, { exec, settings, schema: await cache.get() });
  try {
    return await once();
  } catch (error) {
    if (error instanceof RestError && UNKNOWN.has(error.code) && (await cache.renew())) return once();
    throw error;
  }
}

function refuse(c: Context<App>, error: unknown, role: string): Response {
  const { status, headers, body } = refusalOf(error, role);
  for (const [name, value] of headers) c.header(name, value);
  if (status === 401) c.header("www-authenticate", "Bearer");
  const { log } = c.get("tools");
  if (status >= 500) log("error", "rest.failed", { path: c.req.path, code: body.code, error: describeError(error) });
  // the client's library repeats what is answered with 503, so that is kept for what may pass
  return c.json(body, (error instanceof DatabaseUnavailable ? 503 : status) as 400);
}
