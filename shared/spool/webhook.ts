/** A webhook body whose signature was right, as it came, with all that is needed to store it later. */
export interface SpooledWebhook {
  /** Whose format the body has. */
  provider: string;
  /** Unix milliseconds at our edge: lateness is counted from here, however long the body then waits (F17). */
  received_at: number;
  body: Uint8Array;
}
