import { Hono } from "hono";
import { DatabaseError } from "../shared/db/exec.ts";
import type { Exec } from "../shared/db/exec.ts";
import { health } from "../shared/operations/health.ts";
import type { DatabaseHealth } from "../shared/operations/health.ts";
import { asServiceError } from "../shared/errors.ts";
import { describeError } from "../shared/log.ts";
import { within } from "../shared/time/within.ts";
import type { App } from "./http.ts";
import { spoolStatus } from "./spool/care.ts";
import type { Tools } from "./tools.ts";

/** Whoever asks has a time-out of its own, and should hear the rest before. */
const PATIENCE_MS = 4_000;

/**
 * `GET /health`: 200 when this Worker can serve, 503 when it cannot; in both cases with what it sees of the database and
 * of the events that wait for it.
 */
export const healthRoute = new Hono<App>().get("/", async (c) => {
  const tools = c.get("tools");
  const [database, spool] = await Promise.all([databaseHealth(tools), spoolHealth(c.env, tools)]);
  const well = database.status === "ok";
  return c.json({ status: well ? "ok" : "degraded", database, spool }, well ? 200 : 503);
});

type Answered = { status: "ok"; latency_ms: number } & Partial<DatabaseHealth>;

/** All that there is to see of a database without our schema. */
async function answers(exec: Exec): Promise<object> {
  await exec({ role: "anon" }, [{ text: "select 1" }]);
  return {};
}

async function databaseHealth({
  exec,
  now,
  log,
  config,
}: Tools): Promise<Answered | { status: "unreachable" | "refused"; latency_ms: number; reason?: string }> {
  const started = now();
  try {
    const seen = await within(PATIENCE_MS, config.DATABASE_FOREIGN ? answers(exec) : health(exec));
    return { status: "ok", latency_ms: now() - started, ...seen };
  } catch (error) {
    log("error", "health.database", { error: describeError(error) });
    if (error instanceof DatabaseError && error.code === "SB503") {
      return { status: "refused", latency_ms: now() - started, reason: asServiceError(error).message };
    }
    return { status: "unreachable", latency_ms: now() - started };
  }
}

/** `backlog` webhooks wait, the oldest for `oldest_age_seconds`; `poisoned` ones were refused and wait for a person. */
async function spoolHealth(env: Env, { now, log }: Tools) {
  try {
    const { backlog, oldest_received_at, poisoned } = await within(PATIENCE_MS, spoolStatus(env));
    const age_ms = oldest_received_at === null ? 0 : Math.max(0, now() - oldest_received_at);
    return { status: "ok" as const, backlog, oldest_age_seconds: Math.round(age_ms / 1000), poisoned };
  } catch (error) {
    log("error", "health.spool", { error: describeError(error) });
    return { status: "unreachable" as const };
  }
}
