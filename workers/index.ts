import { Hono } from "hono";
import { auth } from "./auth/router.ts";
import { scheduled } from "./cron/scheduled.ts";
import { callTools } from "./calls/tools.ts";
import { docs } from "./docs/router.ts";
import { functions } from "./functions/router.ts";
import { healthRoute } from "./health.ts";
import { onError, withTools } from "./http.ts";
import type { App } from "./http.ts";
import { consume } from "./queues/consume.ts";
import { realtime } from "./realtime/router.ts";
import { rest } from "./rest/router.ts";
import { storage } from "./storage/router.ts";
import { crossOrigin, limited, safeHeaders } from "./shield.ts";
import { ultravoxWebhook } from "./webhooks/calls.ts";
import { metaWebhook } from "./webhooks/meta.ts";
import { telnyxWebhook } from "./webhooks/telnyx.ts";
import { twilioWebhook } from "./webhooks/twilio.ts";

export { Campaign } from "./campaigns/campaign.ts";
export { Channel } from "./channel/channel.ts";
export { Conversation } from "./conversation/conversation.ts";
export { Pulse } from "./cron/pulse.ts";
export { Hub } from "./hub/hub.ts";
export { Sockets } from "./realtime/sockets.ts";
export { Topic } from "./realtime/topic.ts";
export { Spool } from "./spool/spool.ts";

const app = new Hono<App>()
  .use(withTools)
  .onError(onError)
  .notFound((c) =>
    c.json({ code: "not_found", message: "There is nothing here.", request_id: c.get("request_id") }, 404),
  )
  .use(safeHeaders)
  .route("/webhooks/meta", metaWebhook)
  .route("/webhooks/twilio", twilioWebhook)
  .route("/webhooks/telnyx", telnyxWebhook)
  .post("/webhooks/ultravox/:webhook_secret", ultravoxWebhook)
  .route("/tools/ultravox", callTools)
  .use("/:door{functions|rest|auth|realtime|storage}/v1/*", crossOrigin, limited)
  .route("/functions/v1", functions)
  .route("/rest/v1", rest)
  .route("/auth/v1", auth)
  .route("/realtime/v1", realtime)
  .route("/storage/v1", storage)
  .route("/health", healthRoute)
  .route("/", docs);

export default {
  fetch: app.fetch,
  queue: consume,
  scheduled: (controller, env) => scheduled(controller.cron, env),
} satisfies ExportedHandler<Env, unknown>;
