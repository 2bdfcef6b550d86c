/** Who may not be written to, by our number or what stands for it. */
export interface Blocks {
  /** @param keyword what the person's message consists of; anything but these two changes nothing */
  note(sender: string, person: string, keyword: string | undefined): void;
  has(sender: string, person: string): boolean;
}

/** What a carrier does by itself about STOP and START. */
export function createBlocks(): Blocks {
  const blocked = new Set<string>();
  return {
    note(sender, person, keyword) {
      if (keyword === "STOP") blocked.add(`${sender} ${person}`);
      if (keyword === "START") blocked.delete(`${sender} ${person}`);
    },
    has: (sender, person) => blocked.has(`${sender} ${person}`),
  };
}
