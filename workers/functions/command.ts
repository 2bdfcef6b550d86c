import type * as z from "zod";
import type { Scope } from "../../shared/auth/principal.ts";
import type { CommandFunction } from "../../shared/db/call.ts";
import type { Tools } from "../tools.ts";

/** One thing that people and programs may ask for at `/functions/v1/<name>`. */
export interface Command<Input extends z.ZodType = z.ZodType, Output extends z.ZodType = z.ZodType> {
  name: string;
  /** One sentence, for the documentation. */
  description: string;
  scope: Scope;
  input: Input;
  output: Output;
  example: z.input<Input>;
  run: (input: z.output<Input>, caller: Caller) => Promise<z.input<Output>>;
}

/** The authenticated side of a request. */
export interface Caller {
  /** Runs a command's SQL function as this caller, in the transaction that authenticates it. */
  call: <Result>(name: CommandFunction, argument: Record<string, unknown>) => Promise<Result>;
  /** The same for what has to be known before the act: it is not written down. */
  ask: <Result>(name: CommandFunction, argument: Record<string, unknown>) => Promise<Result>;
  tools: Tools;
  /** Where providers reach us. */
  origin: string;
  /** Asks the conversation's object to look after so many milliseconds, after the answer. */
  wake: (conversation_id: string, due_in_ms: number) => void;
  /** Asks the campaign's object to look at once, after the answer. */
  wake_campaign: (campaign_id: string) => void;
  /** Runs work that the answer does not wait for. */
  afterwards: (what: string, work: Promise<unknown>) => void;
}

/** Ties a command's types together; the registry holds them all. */
export function command<Input extends z.ZodType, Output extends z.ZodType>(
  definition: Command<Input, Output>,
): Command<Input, Output> {
  return definition;
}
