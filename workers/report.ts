import { createLog, describeError } from "../shared/log.ts";

const log = createLog("error", console.error);

/** Logs a fault of an object's. The settings may be what is wrong, so this cannot wait for a log that is made from them. */
export function report(event: string, error: unknown, fields: Record<string, unknown> = {}): void {
  log("error", event, { ...fields, error: describeError(error) });
}
