import { Hono } from "hono";
import type { Context } from "hono";
import type { SignedRequest } from "../../shared/channels/channel.ts";
import { ATTEMPT_PARAMETER, createTwimlCarrier, normaliseCall, verify } from "../../shared/channels/twilio/index.ts";
import { utf8 } from "../../shared/crypto/digest.ts";
import { ServiceError } from "../../shared/errors.ts";
import { tellAccountCalls } from "../calls/act.ts";
import { wakeAll } from "../conversation/wake.ts";
import { beat } from "../cron/pulse.ts";
import { afterwards, originOf } from "../http.ts";
import type { App } from "../http.ts";
import { readSigned } from "./read-signed.ts";
import { receive } from "./receive.ts";
import { tenant } from "./tenant-secrets.ts";

/** Twilio gives up after 15 s. */
const POSTGRES_BUDGET_MS = 4_000;
const MAX_CALL_BYTES = 64 * 1024;

/**
 * `/webhooks/twilio/sms` and `/status`: messages and statuses of every connected Twilio account; `/voice`: its calls; and
 * the same under an organization's or business's own secret.
 */
export const twilioWebhook = new Hono<App>()
  .post("/voice", (c) => voice(c, null))
  .post("/:webhook_secret/voice", (c) => voice(c, c.req.param("webhook_secret")))
  .post("/:kind{sms|status}", (c) => answer(c, null))
  .post("/:webhook_secret/:kind{sms|status}", (c) => answer(c, c.req.param("webhook_secret")));

async function answer(c: Context<App>, webhook_secret: string | null): Promise<Response> {
  const tools = c.get("tools");
  const wake = await receive(
    c.req.raw,
    {
      provider: "twilio",
      verify: async (request) => (await vouched(c, request, webhook_secret)) !== null,
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
  const { body, owner } = await readSigned(c.req.raw, MAX_CALL_BYTES, "News of a call", (request) =>
    vouched(c, request, webhook_secret),
  );
  const { carrier, twiml } = createTwimlCarrier();
  const events = normaliseCall(body, received_at);
  const told = { account_id: owner, provider: "twilio" as const, received_at, events };
  await tellAccountCalls(told, { tools, origin: originOf(c), carrier });
  afterwards(c, "pulse", beat(c.env, tools.now()));
  return c.body(twiml(), 200, { "content-type": "text/xml" });
}

/**
 * The account whose token has signed the form; null when that was somebody else.
 * @throws ServiceError not_found when nobody here has the account that it names
 */
async function vouched(c: Context<App>, request: SignedRequest, webhook_secret: string | null): Promise<string | null> {
  const tools = c.get("tools");
  const account = new URLSearchParams(new TextDecoder().decode(request.body)).get("AccountSid");
  if (!account) throw new ServiceError("not_found", "AccountSid is missing.");
  const { secrets, owner } = await tenant({ provider: "twilio", account, webhook_secret }, c.env, tools);
  const public_origin = tools.config.PUBLIC_URL || undefined;
  return (await verify(request, { auth_tokens: secrets, public_origin })) ? owner : null;
}

/** The form, and in it the attempt that our own callback address named. */
function withAttempt({ url, body }: SignedRequest): Uint8Array {
  const attempt = new URL(url).searchParams.get(ATTEMPT_PARAMETER);
  if (attempt === null) return body;
  const form = new URLSearchParams(new TextDecoder().decode(body));
  form.set(ATTEMPT_PARAMETER, attempt);
  return utf8(form.toString());
}
