/** Words that are answered by Twilio when they are the whole message (Twilio, "Default opt-out keywords"). */
const OUT = /^(stop|stopall|unsubscribe|end|quit|cancel|revoke|optout)$/i;
const IN = /^(start|yes|unstop)$/i;

export function keywordOf(text: string): "STOP" | "START" | undefined {
  const word = text.trim();
  if (OUT.test(word)) return "STOP";
  return IN.test(word) ? "START" : undefined;
}
