export type Keyword = "STOP" | "START" | "HELP";

const KEYWORDS: Record<string, Keyword> = {
  stop: "STOP",
  stopall: "STOP",
  "stop all": "STOP",
  unsubscribe: "STOP",
  cancel: "STOP",
  end: "STOP",
  quit: "STOP",
  start: "START",
  unstop: "START",
  help: "HELP",
};

/** The keyword that a message consists of, by Telnyx's default lists; undefined for any other message. */
export function keywordOf(text: string): Keyword | undefined {
  const word = text.trim().toLowerCase();
  return Object.hasOwn(KEYWORDS, word) ? KEYWORDS[word] : undefined;
}

/** Who may not be written to, by messaging profile. */
export interface Blocks {
  note(profile: string, phone: string, keyword: Keyword | undefined): void;
  has(profile: string, phone: string): boolean;
}

export function createBlocks(): Blocks {
  const blocked = new Set<string>();
  return {
    note(profile, phone, keyword) {
      if (keyword === "STOP") blocked.add(`${profile} ${phone}`);
      if (keyword === "START") blocked.delete(`${profile} ${phone}`);
    },
    has: (profile, phone) => blocked.has(`${profile} ${phone}`),
  };
}
