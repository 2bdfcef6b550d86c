import { Hono } from "hono";
import { handshake, meta } from "../../shared/channels/meta/index.ts";
import { ServiceError } from "../../shared/errors.ts";
import { wakeAll } from "../conversation/wake.ts";
import { beat } from "../cron/pulse.ts";
import { afterwards } from "../http.ts";
import type { App } from "../http.ts";
import { receive } from "./receive.ts";

/** Meta asks for a median of 250 ms and gives up after some seconds; a Spool's own write has to fit in as well. */
const POSTGRES_BUDGET_MS = 4_000;

/** `/webhooks/meta`: the subscription handshake, and the events of every WhatsApp number of this Meta app. */
export const metaWebhook = new Hono<App>()
  .get("/", async (c) => {
    const query = new URL(c.req.url).searchParams;
    const challenge = await handshake(query, c.get("tools").config.META_VERIFY_TOKEN);
    if (challenge === null) throw new ServiceError("forbidden", "The verify token does not match META_VERIFY_TOKEN.");
    return c.text(challenge);
  })
  .post("/", async (c) => {
    const tools = c.get("tools");
    const app_secrets = tools.config.META_APP_SECRET.split(",");
    const wake = await receive(
      c.req.raw,
      { provider: "meta", verify: (request) => meta.verify(request, { app_secrets }), budget_ms: POSTGRES_BUDGET_MS },
      c.env,
      tools,
    );
    afterwards(c, "pulse", beat(c.env, tools.now()));
    // nothing to wait for: the events are kept, and the sweep finds a conversation that was not woken
    if (wake.length > 0) afterwards(c, "wake", wakeAll(c.env, wake));
    return c.text("ok");
  });
