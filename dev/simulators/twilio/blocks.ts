/** Words that are answered by Twilio when they are the whole message (Twilio, "Default opt-out keywords"). */
const OUT = /^(stop|stopall|unsubscribe|end|quit|cancel|revoke|optout)$/i;
const IN = /^(start|yes|unstop)$/i;

/** Who may not be written to, by our number. */
export interface Blocks {
  note(number: string, customer: string, text: string): void;
  has(number: string, customer: string): boolean;
}

export function createBlocks(): Blocks {
  const blocked = new Set<string>();
  return {
    note(number, customer, text) {
      if (OUT.test(text.trim())) blocked.add(`${number} ${customer}`);
      if (IN.test(text.trim())) blocked.delete(`${number} ${customer}`);
    },
    has: (number, customer) => blocked.has(`${number} ${customer}`),
  };
}
