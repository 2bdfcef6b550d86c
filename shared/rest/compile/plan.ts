import type { Statement } from "../../db/exec.ts";
import type { Parameters } from "./sql.ts";

/** What a request comes to: one statement with one row, and how to read it. */
export interface Plan {
  kind: "read" | "insert" | "upsert" | "update" | "delete" | "call";
  /** Queries of the statement, as `name AS (…)`; the last is `source`. */
  queries: string[];
  /** What the statement selects from `source`, called `r`: an `Answer`. */
  columns: string[];
  parameters: Parameters;
  /** Explained by Postgres, it tells how many rows there are about; for `count=planned` and `estimated`. */
  estimate?: Statement;
  /** It may change nothing. */
  read_only: boolean;
  /** The answer has rows, not only a status. */
  has_body: boolean;
  offset: number;
  limit?: number;
  /** One row is written in the place that its key names. */
  is_put?: boolean;
  /** Rows that are there already are left alone. */
  ignores_duplicates?: boolean;
  /** Of a call: it answers nothing at all. */
  is_void?: boolean;
  /** Columns of the primary key by which `Location` names the new row. */
  location?: string[];
}

/** The one row of a plan's statement, as the driver hands it over. */
export interface Answer {
  page_total: string | number;
  total: string | number | null;
  body: string | null;
  status: string | null;
  headers: string | null;
  /** Of an upsert: how many of the rows were there before. */
  updated?: string | number | null;
  /** Values of the new row's primary key, as JSON. */
  location?: string | null;
}
