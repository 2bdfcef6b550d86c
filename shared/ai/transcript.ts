import { clip } from "./text.ts";

/** A stored message as the prompt needs it: names are the columns'. */
export interface PromptMessage {
  direction: "inbound" | "outbound";
  /** text, image, audio, … as in `messages.type`. */
  type: string;
  content: string;
  /** Inbound and not yet read by a committed turn. When no message says so, the inbound lines at the end are taken. */
  unanswered?: boolean;
}

export interface Turn {
  role: "customer" | "business";
  text: string;
}

/** UTF-16 units. A line longer than its bound is cut with a note, never left out. */
export const LINE_LIMIT = 4_000;
export const HISTORY_LIMIT = 16_000;
export const UNANSWERED_LIMIT = 40_000;
const SHORTEST_LINE = 200;

const MEDIA_NAMES: Record<string, string> = {
  image: "an image",
  video: "a video",
  audio: "an audio message",
  voice: "a voice message",
  document: "a document",
  sticker: "a sticker",
};

/**
 * A thread as alternating turns, oldest first. Lines of one side that follow one another become one turn.
 *
 * The unanswered lines always stand together in the last turn, every one of them, whatever order the provider's clock
 * gives (F38, F39): with very many of them each is cut shorter, down to 200 characters. Answered history is dropped from
 * its oldest end.
 *
 * @returns the turns, and whether any history was left out
 */
export function toTurns(messages: PromptMessage[]): { turns: Turn[]; trimmed: boolean } {
  const open = unansweredOf(messages);
  const history = toLines(
    messages.filter((message) => !open.has(message)),
    LINE_LIMIT,
  );
  const perLine = Math.max(SHORTEST_LINE, Math.min(LINE_LIMIT, Math.floor(UNANSWERED_LIMIT / Math.max(1, open.size))));
  const kept = newestWithin(history, HISTORY_LIMIT);
  return {
    turns: merge([...kept, ...toLines([...open], perLine)]),
    trimmed: kept.length < history.length,
  };
}

/** One message in words; null when there is nothing to say about it. */
export function describeMessage({ direction, type, content }: PromptMessage): string | null {
  const text = content.trim();
  const sender = direction === "inbound" ? "The customer" : "The business";
  if (type === "system") return null;
  if (type === "reaction") return text === "" ? null : `[${sender} reacted with ${text}]`;
  const media = MEDIA_NAMES[type];
  if (media) {
    const unseen = direction === "inbound" ? " that you cannot open" : "";
    const caption = isPlaceholder(text) ? "" : `\n${text}`;
    return `[${sender} sent ${media}${unseen}]${caption}`;
  }
  if (text === "" || type === "unsupported" || type === "unknown") {
    return `[${sender} sent something that cannot be shown here]`;
  }
  return text;
}

function unansweredOf(messages: PromptMessage[]): Set<PromptMessage> {
  const inbound = messages.filter(({ direction }) => direction === "inbound");
  const marked = inbound.filter(({ unanswered }) => unanswered === true);
  if (marked.length > 0) return new Set(marked);
  const lastOutbound = messages.findLastIndex(({ direction }) => direction === "outbound");
  return new Set(messages.slice(lastOutbound + 1));
}

function toLines(messages: PromptMessage[], limit: number): Turn[] {
  return messages.flatMap((message) => {
    const text = describeMessage(message);
    if (text === null) return [];
    return [
      {
        role: message.direction === "inbound" ? ("customer" as const) : ("business" as const),
        text: clip(text, limit),
      },
    ];
  });
}

function newestWithin(lines: Turn[], limit: number): Turn[] {
  let left = limit;
  let first = lines.length;
  for (const { text } of lines.toReversed()) {
    left -= text.length;
    if (left < 0) break;
    first -= 1;
  }
  return lines.slice(first);
}

function merge(lines: Turn[]): Turn[] {
  const turns: Turn[] = [];
  for (const { role, text } of lines) {
    const last = turns.at(-1);
    if (last?.role === role) last.text += `\n${text}`;
    else turns.push({ role, text });
  }
  return turns;
}

function isPlaceholder(text: string): boolean {
  return text === "" || /^\[[^\]\n]*\]$/.test(text);
}
