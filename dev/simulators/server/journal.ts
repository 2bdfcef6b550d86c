import { closeSync, existsSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from "node:fs";

/** A file of JSON lines, one for each thing that must outlive the process. */
export interface Journal {
  /** What earlier runs wrote. A last line cut off by a kill is left out. */
  entries: unknown[];
  /** Written when this returns, so that a kill right after loses nothing. */
  append(entry: unknown): void;
  /** Ends it; what is appended afterwards is lost. */
  close(): void;
}

/** Opens a journal; without a file everything is forgotten. `compact` says what of the old entries to keep. */
export function openJournal(file: string | undefined, compact: (entries: unknown[]) => unknown[]): Journal {
  if (file === undefined) return { entries: [], append() {}, close() {} };
  const entries = compact(existsSync(file) ? readLines(readFileSync(file, "utf8")) : []);
  writeFileSync(`${file}.new`, entries.map(line).join(""));
  renameSync(`${file}.new`, file);
  const descriptor = openSync(file, "a");
  let open = true;
  return {
    entries,
    append(entry) {
      if (open) writeSync(descriptor, line(entry));
    },
    close() {
      if (open) closeSync(descriptor);
      open = false;
    },
  };
}

function line(entry: unknown): string {
  return `${JSON.stringify(entry)}\n`;
}

function readLines(text: string): unknown[] {
  return text.split("\n").flatMap((each) => {
    try {
      return [JSON.parse(each) as unknown];
    } catch {
      return [];
    }
  });
}
