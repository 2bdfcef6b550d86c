import { Hono } from "hono";
import { health } from "../shared/operations/health.ts";
import { describeError } from "../shared/log.ts";
import type { App } from "./http.ts";

/** `GET /health`: 200 when this Worker can serve, with what it sees of the database; 503 with the reason when it cannot. */
export const healthRoute = new Hono<App>().get("/", async (c) => {
  const { exec, now, log } = c.get("tools");
  const started = now();
  try {
    const database = await health(exec);
    return c.json({ status: "ok", database: { status: "ok", latency_ms: now() - started, ...database } });
  } catch (error) {
    log("error", "health.database", { error: describeError(error) });
    return c.json({ status: "degraded", database: { status: "unreachable", latency_ms: now() - started } }, 503);
  }
});
