/** What became of a command to a carrier. */
export type CommandOutcome =
  | { state: "done"; leg?: string; session?: string }
  /** The leg is no more: its hangup tells the rest. */
  | { state: "over" }
  | { state: "failed"; reason: string }
  /** The command may have arrived. */
  | { state: "unknown"; reason: string };

export interface DialRequest {
  call_id: string;
  from: string;
  to: string;
  /** The carrier's id of the application whose webhooks are told. */
  application_id: string;
  /** Whole address of those webhooks. */
  webhook_url?: string | undefined;
  ring_seconds: number;
}

/**
 * What a carrier does with a call's legs. Every command carries an id that follows from the call, so that one that is
 * given again is known (F120). Never throws.
 */
export interface Carrier {
  /** Answers the customer's leg and joins it to the voice agent. */
  answer(leg: string, to: { call_id: string; join_url: string }): Promise<CommandOutcome>;
  reject(leg: string, call_id: string): Promise<CommandOutcome>;
  /** Joins a leg that was answered at the other end. */
  join(leg: string, to: { call_id: string; join_url: string }): Promise<CommandOutcome>;
  dial(request: DialRequest): Promise<CommandOutcome>;
  /** Hands the customer's leg to a person's number. */
  transfer(leg: string, to: { call_id: string; number: string; from?: string | undefined }): Promise<CommandOutcome>;
  hang_up(leg: string, call_id: string): Promise<CommandOutcome>;
}
