import { parse } from "csv-parse/stream";

export interface CsvOptions {
  /** A label of the Encoding Standard. A byte order mark in the file goes before it. */
  encoding: string;
}

/** One record of the file: its fields by column name, or why it cannot be read. `line` counts from 1, the header's being 1. */
export type CsvRow = { line: number; fields: Record<string, string> } | { line: number; reason: string };

/** What stops a file before its first record. */
export class CsvError extends Error {
  override readonly name = "CsvError";
}

const DELIMITERS = [",", ";", "\t", "|"];
const MAX_RECORD_BYTES = 64 * 1024;
/** Longer than any line of column names. */
const MAX_PEEK_BYTES = 64 * 1024;
const NOT_READABLE = "\uFFFD";

/**
 * The records of a CSV file (RFC 4180, with the delimiters that spreadsheets use), read as a stream: memory does not grow
 * with the file. A record with bytes that are not of the encoding, as where two files were joined, is one that cannot be
 * read; its neighbours are.
 * @throws CsvError for an unknown encoding, or a quotation mark that is never closed
 */
export async function* readCsv(body: ReadableStream<Uint8Array>, { encoding }: CsvOptions): AsyncGenerator<CsvRow[]> {
  const { first, whole } = await peek(body);
  const decoder = decoderOf(marked(first) ?? encoding);
  const head = new TextDecoder(decoder.encoding).decode(first).split(/\r?\n|\r/, 1)[0] ?? "";
  const skipped: CsvRow[] = [];
  const parser = parse({
    bom: true,
    columns: (names: string[]) => names.map((name) => name.trim()),
    delimiter: busiest(head),
    encoding: "utf8",
    info: true,
    max_record_size: MAX_RECORD_BYTES,
    on_skip: (error) => {
      skipped.push({ line: lineOf(error), reason: explain(error?.code) });
      return undefined;
    },
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
  });
  const bytes = whole
    .pipeThrough(decoder as unknown as ReadableWritablePair<string, Uint8Array>)
    .pipeThrough(new TextEncoderStream() as unknown as ReadableWritablePair<Uint8Array, string>);
  const { readable, writable } = parser as unknown as ReadableWritablePair<ParsedRecord, Uint8Array>;
  const feeding = feed(bytes, writable);
  const reader = readable.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      const rows = skipped.splice(0);
      if (value) rows.push(rowOf(value));
      if (rows.length > 0) yield rows;
      if (done) return;
    }
  } catch (error) {
    throw asCsvError(error);
  } finally {
    await reader.cancel().catch(() => undefined);
    await feeding;
  }
}

/**
 * One piece at a time: the parser's own queue would take a thousand of them, and memory would grow with the file. Never
 * throws: what goes wrong is told to the reader of the records.
 */
async function feed(from: ReadableStream<Uint8Array>, into: WritableStream<Uint8Array>): Promise<void> {
  const writer = into.getWriter();
  const reader = from.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return await writer.close();
      await writer.write(value);
    }
  } catch (error) {
    await Promise.allSettled([writer.abort(error), reader.cancel(error)]);
  }
}

interface ParsedRecord {
  record: Record<string, string>;
  info: { lines: number };
}

function rowOf({ record, info }: ParsedRecord): CsvRow {
  const broken = Object.entries(record).find(([, value]) => String(value).includes(NOT_READABLE));
  if (broken) return { line: info.lines, reason: `"${broken[0]}" has characters that are not of the file's encoding` };
  return { line: info.lines, fields: record };
}

/** The bytes up to the first line's end, and the stream as it was before they were read. */
async function peek(
  body: ReadableStream<Uint8Array>,
): Promise<{ first: Uint8Array; whole: ReadableStream<Uint8Array> }> {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  for (let size = 0; size < MAX_PEEK_BYTES;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    size += value.byteLength;
    if (value.includes(0x0a) || value.includes(0x0d)) break;
  }
  const first = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    first.set(chunk, at);
    at += chunk.byteLength;
  }
  const whole = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const held = chunks.shift();
      if (held) return controller.enqueue(held);
      const { done, value } = await reader.read();
      return done ? controller.close() : controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return { first, whole };
}

/** The encoding that a byte order mark names. */
function marked(bytes: Uint8Array): string | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? "utf-8" : null;
}

function decoderOf(encoding: string): TextDecoderStream {
  try {
    return new TextDecoderStream(encoding);
  } catch (cause) {
    throw new CsvError(`There is no encoding "${encoding}". Try utf-8 or windows-1252.`, { cause });
  }
}

/** The delimiter that the line of column names has the most of. */
function busiest(head: string): string {
  const counts = DELIMITERS.map((delimiter) => head.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ",";
}

const lineOf = (error: unknown) => Number(Object(error)["lines"] ?? 0);

const EXPLAINED: Record<string, string> = {
  CSV_QUOTE_NOT_CLOSED: "a quotation mark is not closed",
  CSV_MAX_RECORD_SIZE: `a record is longer than ${MAX_RECORD_BYTES / 1024} KB: a quotation mark may not be closed`,
  INVALID_OPENING_QUOTE: "a quotation mark stands within a field",
  CSV_INVALID_CLOSING_QUOTE: "something follows a closing quotation mark",
};
const explain = (code: unknown) => EXPLAINED[String(code)] ?? "this line is not CSV";

function asCsvError(error: unknown): unknown {
  const { code } = Object(error) as { code?: unknown };
  if (typeof code !== "string" || !/CSV_|INVALID_/.test(code)) return error;
  return new CsvError(`Line ${lineOf(error)}: ${explain(code)}.`, { cause: error });
}
