/**
 * The confidence from which a reply may be sent, 0–100: the higher of the channel's and the organization's (F55).
 *
 * Confidence is a whole number, so a fractional threshold is rounded up: 85.5 asks for 86. Before that, what binary
 * fractions add (0.07 × 100 = 7.000000000000001) is taken off. What is not a number asks for 100.
 *
 * @param channel `channels.ai_confidence_threshold`, 0–100
 * @param organization `organizations.ai_confidence_threshold`, 0–1, null when not set
 */
export function effectiveThreshold(channel: number, organization: number | null): number {
  return Math.max(wholePercent(channel), organization === null ? 0 : wholePercent(organization * 100));
}

function wholePercent(percent: number): number {
  if (Number.isNaN(percent)) return 100;
  const exact = Math.round(percent * 10_000) / 10_000;
  return Math.min(100, Math.max(0, Math.ceil(exact)));
}
