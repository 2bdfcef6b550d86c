import type { GateVerdict } from "../sending/gate.ts";

/** The gate's verdict in words: the rule that refuses, why, and when it would pass. */
export function explainGate({ allowed, rule, reason, allowed_at }: GateVerdict): string {
  if (allowed) return "Every rule of the gate lets it pass.";
  const when =
    allowed_at === null ? "No moment is known from which it would pass." : `It would pass from ${allowed_at}.`;
  return `The rule ${rule} refuses it: ${reason} ${when}`;
}
