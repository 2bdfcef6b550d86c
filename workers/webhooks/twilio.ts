import { Hono } from "hono";
import type { Context } from "hono";
import type { SignedRequest } from "../../shared/channels/channel.ts";
import { ATTEMPT_PARAMETER, verify } from "../../shared/channels/twilio/index.ts";
import { utf8 } from "../../shared/crypto/digest.ts";
import { ServiceError } from "../../shared/errors.ts";
import { wakeAll } from "../conversation/wake.ts";
import { beat } from "../cron/pulse.ts";
import { afterwards } from "../http.ts";
import type { App } from "../http.ts";
import { receive } from "./receive.ts";
import { tenantSecrets } from "./tenant-secrets.ts";

/** Twilio gives up after 15 s. */
const POSTGRES_BUDGET_MS = 4_000;

/**
 * `/webhooks/twilio/sms` and `/status`: messages and statuses of every connected Twilio account, and the same under an
 * organization's or business's own secret.
 */
export const twilioWebhook = new Hono<App>()
  .post("/:kind{sms|status}", (c) => answer(c, null))
  .post("/:webhook_secret/:kind{sms|status}", (c) => answer(c, c.req.param("webhook_secret")));

async function answer(c: Context<App>, webhook_secret: string | null): Promise<Response> {
  const tools = c.get("tools");
  const public_origin = tools.config.PUBLIC_URL || undefined;
  const wake = await receive(
    c.req.raw,
    {
      provider: "twilio",
      async verify(request) {
        const account = new URLSearchParams(new TextDecoder().decode(request.body)).get("AccountSid");
        if (!account) throw new ServiceError("not_found", "AccountSid is missing.");
        const auth_tokens = await tenantSecrets({ provider: "twilio", account, webhook_secret }, c.env, tools);
        return verify(request, { auth_tokens, public_origin });
      },
      content: withAttempt,
      budget_ms: POSTGRES_BUDGET_MS,
    },
    c.env,
    tools,
  );
  afterwards(c, "pulse", beat(c.env, tools.now()));
  if (wake.length > 0) afterwards(c, "wake", wakeAll(c.env, wake));
  // any other body would be sent to the customer, or be an error in the account's log
  return c.body("<Response/>", 200, { "content-type": "text/xml" });
}

/** The form, and in it the attempt that our own callback address named. */
function withAttempt({ url, body }: SignedRequest): Uint8Array {
  const attempt = new URL(url).searchParams.get(ATTEMPT_PARAMETER);
  if (attempt === null) return body;
  const form = new URLSearchParams(new TextDecoder().decode(body));
  form.set(ATTEMPT_PARAMETER, attempt);
  return utf8(form.toString());
}
