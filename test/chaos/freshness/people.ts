import { callAs } from "../../../shared/db/call.ts";
import { DatabaseError, DatabaseUnavailable } from "../../../shared/db/exec.ts";
import { sha256Hex } from "../../../shared/crypto/digest.ts";
import { ingest } from "../../../shared/ingest/ingest.ts";
import type { Claim } from "../../../shared/sending/attempt.ts";
import { deliver } from "../../../workers/sending/deliver.ts";
import { echo, message } from "../../factories/events.ts";
import type { Actor } from "./stepper.ts";
import type { Act } from "./timeline.ts";
import { deliveryOf, execOf } from "./world.ts";
import type { World } from "./world.ts";

const WORKER = { role: "switchboard_worker" } as const;

/** A line that tells its number, and is like no other. */
export function lineOf({ random }: World, line: number): string {
  const letters = Array.from({ length: 20 }, () => String.fromCharCode(97 + Math.floor(random() * 26)));
  return `no-${line} ${letters.join("")}`;
}

/** The customer writes; the provider delivers each line until it is answered. */
export async function write(world: World, actor: Actor, line: number): Promise<void> {
  const event = message(world.tenant.phone_number_id, world.customer, { content: lineOf(world, line) });
  const exec = execOf(world, actor, { entry: { kind: "line", line } });
  await untilAnswered(() => ingest(exec, { provider: "meta", received_at: Date.now(), events: [event] }));
}

/** A person does something, at the desk, in the settings, or on the business's own phone. */
export async function interfere(world: World, actor: Actor, act: Act): Promise<void> {
  const { tenant, customer, conversation_id } = world;
  const exec = execOf(world, actor, { entry: { kind: "act", act } });
  const as = async <Result>(name: Parameters<typeof callAs>[2], more: object = {}) =>
    callAs<Result>(
      exec,
      { key_hash: await sha256Hex(tenant.api_key), scope: "write", role: "switchboard_worker" },
      name,
      {
        conversation_id,
        ...more,
      },
    );
  switch (act) {
    case "say": {
      const words = {
        type: "text",
        text: "One moment",
        payload: { type: "text", text: "One moment" },
        lease_seconds: 30,
      };
      const { next } = await as<{ next: Claim }>("send_message_v1", words);
      await deliver(next, deliveryOf(world, actor, execOf(world, actor)));
      return;
    }
    case "echo": {
      const event = echo(tenant.phone_number_id, customer, { content: "Typed on the phone" });
      await ingest(exec, { provider: "meta", received_at: Date.now(), events: [event] });
      return;
    }
    case "assign":
      await as("assign_conversation_v1", { team_member_id: tenant.owner.team_member_id });
      return;
    case "reopen":
      await as("reopen_conversation_v1");
      return;
    case "resolve":
      await as("resolve_conversation_v1");
      return;
    case "ai_off":
    case "ai_on":
      await as("set_ai_v1", { enabled: act === "ai_on" });
      return;
    case "auto_send_off":
    case "auto_send_on": {
      const text = "update public.channels set ai_auto_send = $2 where id = $1";
      await exec(WORKER, [{ text, params: [tenant.channel_id, act === "auto_send_on"] }]);
    }
  }
}

async function untilAnswered(ask: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable)) throw error;
    }
  }
}

/** A refusal is an answer too: somebody else was quicker. */
export function isRefusal(error: unknown): boolean {
  return error instanceof DatabaseUnavailable || (error instanceof DatabaseError && error.code.startsWith("SB"));
}
