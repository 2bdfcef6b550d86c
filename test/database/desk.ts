import type * as z from "zod";
import { ServiceError, asServiceError } from "../../shared/errors.ts";
import type { Claim } from "../../shared/sending/attempt.ts";
import type { Command } from "../../workers/functions/command.ts";
import { deliver } from "../../workers/sending/deliver.ts";
import type { Report } from "../../workers/sending/deliver.ts";
import type { Tools } from "../../workers/tools.ts";
import type { Tenant } from "../factories/tenant.ts";
import type { Harness } from "./harness.ts";
import { acceptsAll } from "./turn-fixtures.ts";
import type { Send } from "./turn-fixtures.ts";

type Key = Pick<Tenant, "api_key">;

/** Where people and programs ask for commands: checked, run and delivered as the Worker does it, over a scripted provider. */
export function openDesk(h: Harness, send: Send = acceptsAll()) {
  const providers = { send, mark_read: () => Promise.resolve(true) };
  const delivery = { exec: h.exec, providers, random: () => 0, sleep: () => Promise.resolve(), log: () => {} };
  const tools = {
    ...delivery,
    deliver: (next: Claim, report?: Report) => deliver(next, delivery, report),
  } as Partial<Tools> as Tools;
  const ask = async <Input extends z.ZodType, Output extends z.ZodType>(
    key: Key,
    command: Command<Input, Output>,
    input: z.input<Input>,
  ): Promise<z.output<Output>> => {
    const output = await command.run(command.input.parse(input), {
      call: (name, argument) => h.as(key, name, argument, command.scope),
      ask: (name, argument) => h.as(key, name, argument, command.scope),
      tools,
      wake: () => {},
      wake_campaign: () => {},
      origin: "https://switchboard.test",
      afterwards: () => {},
    });
    return command.output.parse(output);
  };
  return ask;
}

/** How a request that ought to be refused is refused. */
export async function refused(asking: Promise<unknown>): Promise<Pick<ServiceError, "code" | "message" | "details">> {
  const answer = await asking.then(
    (output) => output,
    (error: unknown) => asServiceError(error),
  );
  if (!(answer instanceof ServiceError)) throw new Error(`it was answered: ${JSON.stringify(answer)}`);
  if (answer.code === "internal") throw answer.cause;
  return answer;
}

/** A provider whose answer to the first call never arrives, and which takes everything after that. */
export function losesFirst(calls: string[] = []): Send {
  const accept = acceptsAll();
  return (attempt) => {
    calls.push(attempt.id);
    return calls.length === 1 ? Promise.resolve({ state: "unknown", reason: "timeout" }) : accept(attempt);
  };
}
