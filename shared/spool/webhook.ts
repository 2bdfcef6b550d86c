/** A webhook body whose signature was right, as it came, with all that is needed to store it later. */
export interface SpooledWebhook {
  /** Whose format the body has. */
  provider: string;
  /** Unix milliseconds at our edge: lateness is counted from here, however long the body then waits (F17). */
  received_at: number;
  body: Uint8Array;
  /** Whom it concerns: webhooks with the same one keep their order. Null for several at once: it keeps its place among all. */
  lane: string | null;
}
