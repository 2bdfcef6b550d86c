import type { RestSettings } from "./handle.ts";

export interface RestSwitches {
  /** Separated by commas. */
  REST_SCHEMAS: string;
  REST_MAX_ROWS: number;
  REST_AGGREGATES: boolean;
  REST_EXPLAIN: boolean;
  REST_TX_ROLLBACK: boolean;
  DATABASE_FOREIGN: boolean;
}

const STATEMENT_TIMEOUT_MS = 8_000;

export const restSettings = (switches: RestSwitches): RestSettings => ({
  schemas: switches.REST_SCHEMAS.split(",").map((name) => name.trim()),
  max_rows: switches.REST_MAX_ROWS,
  aggregates: switches.REST_AGGREGATES,
  plans: switches.REST_EXPLAIN,
  rollback: switches.REST_TX_ROLLBACK,
  statement_timeout_ms: STATEMENT_TIMEOUT_MS,
  foreign: switches.DATABASE_FOREIGN,
});
