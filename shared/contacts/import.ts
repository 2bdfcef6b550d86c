import { columnsIn, contactOf } from "./import-row.ts";
import type { Columns, ImportedContact } from "./import-row.ts";
import { CsvError, readCsv } from "./read-csv.ts";

export interface ImportOptions {
  encoding: string;
  country: string | undefined;
  /** Whether somebody says where the people's consent can be found. */
  has_consent_source: boolean;
}

/** What became of a batch, as the database counts it. */
export interface StoredBatch {
  created: number;
  /** People who were here already, in the database or further up in the file, and have got what was missing. */
  merged: number;
  consents: number;
  /** Lines whose consent was not taken, since the person has said no here. */
  objections: number[];
}

export interface Imported {
  rows: number;
  created: number;
  merged: number;
  consents: number;
  refused: number;
  /** The first thousand lines that were refused, and why. */
  errors: { line: number; reason: string }[];
  /** The first thousand lines whose consent was not taken: the person had withdrawn it. */
  objections: number[];
}

const BATCH = 500;
const MAX_TOLD = 1000;

/**
 * Brings the people of a CSV file in, in batches, each whole or not at all. The same file again finds them and changes
 * nothing, so that an import that breaks off is mended by repeating it.
 * @param store writes one batch down
 * @param progress is kept up to date, for whoever must tell how far it came
 * @throws CsvError for a file without a column of phone numbers, or one that is no CSV
 */
export async function importContacts(
  body: ReadableStream<Uint8Array>,
  options: ImportOptions,
  store: (batch: ImportedContact[]) => Promise<StoredBatch>,
  progress: Imported = nothing(),
): Promise<Imported> {
  let columns: Columns | undefined;
  let batch: ImportedContact[] = [];

  async function flush(): Promise<void> {
    if (batch.length === 0) return;
    const stored = await store(batch);
    batch = [];
    progress.created += stored.created;
    progress.merged += stored.merged;
    progress.consents += stored.consents;
    progress.objections.push(...stored.objections.slice(0, MAX_TOLD - progress.objections.length));
  }

  for await (const rows of readCsv(body, options)) {
    for (const row of rows) {
      progress.rows++;
      let read: ReturnType<typeof contactOf> | undefined;
      if ("fields" in row) {
        columns ??= checked(columnsIn(Object.keys(row.fields)), Object.keys(row.fields), options);
        read = contactOf(row, columns, options.country);
      }
      const one = read ?? (row as { line: number; reason: string });
      if ("reason" in one) {
        progress.refused++;
        if (progress.errors.length < MAX_TOLD) progress.errors.push(one);
        continue;
      }
      batch.push(one);
      if (batch.length === BATCH) await flush();
    }
  }
  await flush();
  return progress;
}

export const nothing = (): Imported => ({
  rows: 0,
  created: 0,
  merged: 0,
  consents: 0,
  refused: 0,
  errors: [],
  objections: [],
});

function checked(columns: Columns, header: string[], { has_consent_source }: ImportOptions): Columns {
  if (columns.phone === undefined) {
    throw new CsvError(`No column holds phone numbers. The first line names: ${header.join(", ").slice(0, 300)}.`);
  }
  if (columns.consent !== undefined && !has_consent_source) {
    throw new CsvError(
      `The column "${columns.consent}" tells of consent: say in consent_source where it can be found.`,
    );
  }
  return columns;
}
