export type Range = { offset: number; length: number };

/**
 * What a `Range` header asks of a file (RFC 9110, 14): null for the whole, also where it asks for several pieces or cannot
 * be read; `unsatisfiable` when it begins behind the end.
 */
export function rangeOf(header: string | null, size: number): Range | null | "unsatisfiable" {
  const [, first = "", last = ""] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "") ?? [];
  if (first === "" && last === "") return null;
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? "unsatisfiable" : { offset: size - length, length };
  }
  const offset = Number(first);
  if (last !== "" && Number(last) < offset) return null;
  if (offset >= size) return "unsatisfiable";
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  return { offset, length: end - offset + 1 };
}
