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
