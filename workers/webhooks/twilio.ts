import { Hono } from "hono";
import type { Context } from "hono";
import type { SignedRequest } from "../../shared/channels/channel.ts";
import { ATTEMPT_PARAMETER, createTwimlCarrier, normaliseCall, verify } from "../../shared/channels/twilio/index.ts";
import { utf8 } from "../../shared/crypto/digest.ts";
import { ServiceError } from "../../shared/errors.ts";
import { readBody } from "../../shared/http/read-body.ts";
import { tellAccountCalls } from "../calls/act.ts";
import { wakeAll } from "../conversation/wake.ts";
import { beat } from "../cron/pulse.ts";
import { afterwards } from "../http.ts";
import type { App } from "../http.ts";
import { receive } from "./receive.ts";
import { tenant, tenantSecrets } from "./tenant-secrets.ts";

/** Twilio gives up after 15 s. */
const POSTGRES_BUDGET_MS = 4_000;
const MAX_CALL_BYTES = 64 * 1024;

/**
 * `/webhooks/twilio/sms` and `/status`: messages and statuses of every connected Twilio account; `/voice`: its calls; and the same under an
 * organization's or business's own secret.
 */
export const twilioWebhook = new Hono<App>()
  .post("/voice", (c) => voice(c, null))
  .post("/:webhook_secret/voice", (c) => voice(c, c.req.param("webhook_secret")))
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

/**
 * A call that comes in, or news of one. What is to be done with it is the answer, so that it is decided and the agent made
 * before that.
 */
async function voice(c: Context<App>, webhook_secret: string | null): Promise<Response> {
  const tools = c.get("tools");
  const received_at = tools.now();
  const body = await readBody(c.req.raw, MAX_CALL_BYTES);
  if (!body) throw new ServiceError("too_large", `News of a call may have ${MAX_CALL_BYTES} bytes at most.`);
  const account = new URLSearchParams(new TextDecoder().decode(body)).get("AccountSid");
  if (!account) throw new ServiceError("not_found", "AccountSid is missing.");
  const { secrets, owner } = await tenant({ provider: "twilio", account, webhook_secret }, c.env, tools);
  const request = { url: c.req.url, headers: c.req.raw.headers, body };
  const public_origin = tools.config.PUBLIC_URL || undefined;
  if (!(await verify(request, { auth_tokens: secrets, public_origin }))) {
    throw new ServiceError("unauthorized", "The signature does not match the body.");
  }
  const { carrier, twiml } = createTwimlCarrier();
  const events = normaliseCall(body, received_at);
  const told = { account_id: owner, provider: "twilio" as const, received_at, events };
  await tellAccountCalls(told, { tools, origin: public_origin ?? new URL(c.req.url).origin, carrier });
  afterwards(c, "pulse", beat(c.env, tools.now()));
  return c.body(twiml(), 200, { "content-type": "text/xml" });
}

/** The form, and in it the attempt that our own callback address named. */
function withAttempt({ url, body }: SignedRequest): Uint8Array {
  const attempt = new URL(url).searchParams.get(ATTEMPT_PARAMETER);
  if (attempt === null) return body;
  const form = new URLSearchParams(new TextDecoder().decode(body));
  form.set(ATTEMPT_PARAMETER, attempt);
  return utf8(form.toString());
}
