/** What the policy gate says of a message, with everything it looked at. */
export interface GateVerdict {
  allowed: boolean;
  /** The first rule that refuses. */
  rule: string | null;
  /** Why, for a person to read. */
  reason: string | null;
  /** The moment from which it would pass, ISO 8601; null when that is not a matter of time. */
  allowed_at: string | null;
  trace: { rule: string; input: Record<string, unknown>; passed: boolean }[];
}
