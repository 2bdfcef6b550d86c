import type { Context, ErrorHandler, MiddlewareHandler } from "hono";
import { STATUS, asServiceError } from "../shared/errors.ts";
import { describeError } from "../shared/log.ts";
import { ConfigError } from "./config.ts";
import { toolsOf } from "./tools.ts";
import type { Tools } from "./tools.ts";

export type App = { Bindings: Env; Variables: { tools: Tools; request_id: string } };

/** Gives every request an id and its tools. An id from outside is kept when it is short and plain. */
export const withTools: MiddlewareHandler<App> = async (c, next) => {
  const given = c.req.header("x-request-id");
  c.set("request_id", given && /^[\w-]{8,64}$/.test(given) ? given : crypto.randomUUID());
  c.set("tools", forRequest(toolsOf(c.env), c.get("request_id")));
  await next();
  c.header("x-request-id", c.get("request_id"));
};

/** The same tools, whose log names the request. */
function forRequest(tools: Tools, request_id: string): Tools {
  return { ...tools, log: (level, event, fields) => tools.log(level, event, { request_id, ...fields }) };
}

/** The one place where an error becomes an answer: a stable code, a sentence for a person, and the request's id. */
export const onError: ErrorHandler<App> = (error, c) => {
  const request_id = c.get("request_id") ?? crypto.randomUUID();
  if (error instanceof ConfigError) {
    console.error(JSON.stringify({ level: "error", event: "config.invalid", message: error.message }));
    return c.json({ code: "internal", message: error.message, request_id }, 500);
  }
  const refusal = asServiceError(error);
  const status = STATUS[refusal.code];
  if (status >= 500) {
    c.get("tools").log("error", "request.failed", { path: c.req.path, error: describeError(error) });
  }
  c.header("x-request-id", request_id);
  return c.json({ code: refusal.code, message: refusal.message, details: refusal.details, request_id }, status);
};

/** Runs work that the answer does not wait for; what goes wrong in it is logged, and the sweep makes it good. */
export function afterwards(c: Context<App>, what: string, work: Promise<unknown>): void {
  const { log } = c.get("tools");
  c.executionCtx.waitUntil(work.catch((error) => log("error", `${what}.failed`, { error: describeError(error) })));
}

/** Where providers reach us: as it is configured, else as this request has. */
export function originOf(c: Context<App, string>): string {
  return c.get("tools").config.PUBLIC_URL || new URL(c.req.url).origin;
}
