import type { Context } from "hono";
import { normaliseCall, telnyx } from "../../shared/channels/telnyx/index.ts";
import { normalise, verify, webhookSecret } from "../../shared/channels/ultravox/index.ts";
import type { CallEvent } from "../../shared/channels/calls.ts";
import type { SignedRequest } from "../../shared/channels/channel.ts";
import { ServiceError } from "../../shared/errors.ts";
import { describeError } from "../../shared/log.ts";
import { within } from "../../shared/time/within.ts";
import { tellCalls } from "../calls/act.ts";
import { beat } from "../cron/pulse.ts";
import { afterwards, originOf } from "../http.ts";
import type { App } from "../http.ts";
import { parseJson } from "./read-events.ts";
import { readSigned } from "./read-signed.ts";
import { tenant } from "./tenant-secrets.ts";
import type { Tenant } from "./tenant-secrets.ts";

/** A call's news is a few kilobytes. */
const MAX_BYTES = 256 * 1024;
const LOOK_UP_BUDGET_MS = 600;
const POSTGRES_BUDGET_MS = 1_200;

interface VoiceSource {
  provider: "telnyx" | "ultravox";
  verify: (request: SignedRequest, tenant: Tenant, now: number) => Promise<boolean>;
  normalise: (body: unknown) => CallEvent[];
}

const TELNYX: VoiceSource = {
  provider: "telnyx",
  verify: (request, { secrets }, now) => telnyx.verify(request, { public_keys: secrets, now }),
  normalise: normaliseCall,
};

const ULTRAVOX: VoiceSource = {
  provider: "ultravox",
  verify: async (request, { secrets, owner }, now) =>
    verify(request, { secrets: await Promise.all(secrets.map((key) => webhookSecret(key, owner))), now }),
  normalise,
};

/** `/webhooks/telnyx/{webhook_secret}/voice` */
export async function telnyxVoice(c: Context<App, string>): Promise<Response> {
  await hear(c, TELNYX);
  return c.text("ok");
}

/** `/webhooks/ultravox/{webhook_secret}` */
export async function ultravoxWebhook(c: Context<App, string>): Promise<Response> {
  await hear(c, ULTRAVOX);
  return c.body(null, 204);
}

/**
 * News of a call: stored first, then answered, and only then acted upon. Nothing can be done for a call while Postgres is
 * away, so that the provider is asked to tell it again.
 * @throws ServiceError not_found, unauthorized, invalid_input, too_large, unavailable
 */
async function hear(c: Context<App, string>, source: VoiceSource): Promise<void> {
  const tools = c.get("tools");
  const received_at = tools.now();
  const named = { provider: source.provider, account: "", webhook_secret: c.req.param("webhook_secret") ?? "" };
  const owner = await tenant(named, c.env, tools, LOOK_UP_BUDGET_MS);
  const { body } = await readSigned(c.req.raw, MAX_BYTES, "News of a call", (request) =>
    source.verify(request, owner, received_at),
  );
  const events = source.normalise(parseJson(body));
  const place = { tools, origin: originOf(c) };
  const told = { org_id: owner.owner, provider: source.provider, received_at, events };
  const telling = tellCalls(told, place);
  // what is stored late has still to be acted upon, though it be told again: it is given out once
  afterwards(
    c,
    "calls.act",
    telling.then(({ act }) => act()),
  );
  await within(POSTGRES_BUDGET_MS, telling).catch((error: unknown) => {
    tools.log("error", "calls.store", { provider: source.provider, error: describeError(error) });
    throw new ServiceError("unavailable", "This cannot be stored now. Deliver it again.");
  });
  afterwards(c, "pulse", beat(c.env, tools.now()));
}
