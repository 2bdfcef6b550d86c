import { recordCallEvents } from "../../shared/calls/record.ts";
import { contactAt } from "../../shared/phone/e164.ts";
import type { CallNews } from "../../shared/channels/calls.ts";
import { toHex } from "../../shared/crypto/hex.ts";
import type { Exec } from "../../shared/db/exec.ts";
import { SEALED } from "../factories/every-table.ts";
import { createTenant, randomDigits } from "../factories/tenant.ts";
import type { Tenant, TenantOptions } from "../factories/tenant.ts";

export interface Line extends Tenant {
  number: string;
}

/** A tenant whose one number takes calls over Telnyx, with both providers' keys in place (they cannot be opened). */
export async function createLine(exec: Exec, options: TenantOptions = {}): Promise<Line> {
  const number = `+1555${randomDigits(7)}`;
  const sealed = new TextEncoder().encode(SEALED);
  const keys = { ultravox_api_key_encrypted: sealed, telnyx_api_key_encrypted: sealed };
  const tenant = await createTenant(exec, { ...options, organization: { ...keys, ...options.organization } });
  await exec({ role: "switchboard_worker" }, [
    {
      text: `update public.channels set provider = 'telnyx', platform = $2, phone_number = $3, phone_number_id = org_id || '/' || $3 where id = $1`,
      params: [tenant.channel_id, options.channel?.["platform"] ?? "voice", number],
    },
  ]);
  return { ...tenant, number };
}

export const newTokenHash = () => toHex(crypto.getRandomValues(new Uint8Array(32)));

export const newCaller = () => `+1650555${randomDigits(4)}`;

/** Everything that happens in a call in which a customer talks to the agent, at these seconds of its length. */
export function story(line: Line, caller: string, started_at: number, call_id?: string) {
  const leg = `v3:${crypto.randomUUID()}`;
  const agent = crypto.randomUUID();
  const parties = { from: contactAt(caller), to: contactAt(line.number) };
  const told = (kind: CallNews["kind"], seconds: number, more: Partial<CallNews> = {}): CallNews => ({
    kind,
    dedupe: `${leg}/${kind}`,
    leg,
    role: "customer",
    session: "session",
    parties,
    at: started_at + seconds,
    raw: {},
    ...more,
  });
  const byAgent = (kind: CallNews["kind"], seconds: number, more: Partial<CallNews> = {}): CallNews => ({
    kind,
    dedupe: `${agent}/call.${kind.replace("agent_", "")}`,
    leg: agent,
    role: "agent",
    ...(call_id !== undefined && { call_id }),
    at: started_at + seconds,
    raw: {},
    ...more,
  });
  return {
    leg,
    agent,
    ringing: told("ringing", 0, { direction: "incoming" }),
    answered: told("answered", 2),
    hangup: told("hangup", 62, { cause: "normal_clearing" }),
    joined: byAgent("agent_joined", 3),
    ended: byAgent("agent_ended", 61, { cause: "hangup", summary: "Asked for the opening hours." }),
    billed: byAgent("billed", 61, { billed_seconds: 59 }),
  };
}

/** As the webhook route stores them. */
export const tell = (exec: Exec, line: Line, events: CallNews[], tool_token_hash = newTokenHash()) =>
  recordCallEvents(exec, {
    org_id: line.org_id,
    provider: events[0]?.role === "agent" ? "ultravox" : "telnyx",
    received_at: Date.now(),
    events,
    tool_token_hash,
  });
