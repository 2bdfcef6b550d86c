import { RestError } from "../error.ts";

/** Rows asked for: `limit` of them after `offset`. */
export interface Window {
  offset: number;
  limit?: number;
}

const outside = (details: string) => new RestError(416, "PGRST103", "Requested range not satisfiable", details);

/**
 * Reads the header `Range`, such as `0-24` or `10-`; any other form is passed over.
 * @throws RestError PGRST103 when its end comes before its beginning
 */
export function parseRange(header: string | null): Window | undefined {
  const [, first, last] = /^(\d{1,15})-(\d{1,15})?$/.exec((header ?? "").replace(/^items=/, "")) ?? [];
  if (first === undefined) return undefined;
  const offset = Number(first);
  if (last === undefined) return { offset };
  if (Number(last) < offset) {
    throw outside("The lower boundary must be lower than or equal to the upper boundary in the Range header.");
  }
  return { offset, limit: Number(last) - offset + 1 };
}

/**
 * The rows that the header and the parameters both ask for.
 * @throws RestError PGRST103 when there are none
 */
export function narrow(asked: Partial<Window>, header: Window | undefined): Partial<Window> {
  if (!header || asked.limit === 0) return asked;
  const offset = Math.max(asked.offset ?? 0, header.offset);
  const end = Math.min(endOf(asked), endOf(header));
  if (end <= offset)
    throw outside("The lower boundary must be lower than or equal to the upper boundary in the Range header.");
  return { offset, ...(end < Infinity && { limit: end - offset }) };
}

const endOf = ({ offset = 0, limit = Infinity }: Partial<Window>) => offset + limit;
