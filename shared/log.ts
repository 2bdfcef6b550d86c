export type Level = "debug" | "info" | "warn" | "error";
export type Log = (level: Level, event: string, fields?: Record<string, unknown>) => void;

const ORDER: Record<Level, number> = { debug: 0, info: 1, warn: 2, error: 3 };

/**
 * One JSON object a line. Fields are ids, codes, counts and durations; message text, names and credentials are never
 * given to it, and whatever still looks like a phone number keeps its last two digits only (F171).
 */
export function createLog(threshold: Level, write: (line: string) => void = console.log): Log {
  return (level, event, fields = {}) => {
    if (ORDER[level] < ORDER[threshold]) return;
    write(
      JSON.stringify({ level, event, ...fields }, (_key, value) => (typeof value === "string" ? mask(value) : value)),
    );
  };
}

/** What an error says, for a log: name and message, and those of its cause. */
export function describeError(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return "unknown error";
  const cause = error.cause !== undefined && depth < 3 ? `: ${describeError(error.cause, depth + 1)}` : "";
  return `${error.name}: ${error.message}${cause}`.slice(0, 500);
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function mask(text: string): string {
  return UUID.test(text) ? text : text.replace(/\+?\d{7,}/g, (number) => `…${number.slice(-2)}`);
}
