import { readCapped } from "../media/read-capped.ts";

/** The JSON of an answer; null when it has none that we can read, or more than `max_bytes` of it. */
export async function jsonIn({ body }: Response, max_bytes: number): Promise<unknown> {
  return parseJson(await readCapped(body, max_bytes));
}

/** Null for what is no JSON. */
export function parseJson(bytes: Uint8Array | null): unknown {
  try {
    return bytes === null ? null : JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}
