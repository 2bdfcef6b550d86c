import { Hono } from "hono";
import { telnyx, withOrganization } from "../../shared/channels/telnyx/index.ts";
import { wakeAll } from "../conversation/wake.ts";
import { beat } from "../cron/pulse.ts";
import { afterwards } from "../http.ts";
import type { App } from "../http.ts";
import { telnyxVoice } from "./calls.ts";
import { receive } from "./receive.ts";
import { tenant } from "./tenant-secrets.ts";

/** Telnyx gives up after 2 s: what Postgres does not take in this time goes to the Spool. */
const POSTGRES_BUDGET_MS = 1_200;
const LOOK_UP_BUDGET_MS = 600;

/**
 * `/webhooks/telnyx/{webhook_secret}/messaging`: the messages and statuses of one organization's Telnyx account;
 * `…/voice`: its calls.
 */
export const telnyxWebhook = new Hono<App>()
  .post("/:webhook_secret/voice", telnyxVoice)
  .post("/:webhook_secret/messaging", async (c) => {
    const tools = c.get("tools");
    const named = { provider: "telnyx", account: "", webhook_secret: c.req.param("webhook_secret") };
    // before anything is read: an address that nobody has is 404 whatever is sent to it
    const { secrets, owner } = await tenant(named, c.env, tools, LOOK_UP_BUDGET_MS);
    const wake = await receive(
      c.req.raw,
      {
        provider: "telnyx",
        verify: (request) => telnyx.verify(request, { public_keys: secrets, now: tools.now() }),
        content: ({ body }) => withOrganization(owner, body),
        budget_ms: POSTGRES_BUDGET_MS,
      },
      c.env,
      tools,
    );
    afterwards(c, "pulse", beat(c.env, tools.now()));
    if (wake.length > 0) afterwards(c, "wake", wakeAll(c.env, wake));
    return c.text("ok");
  });
