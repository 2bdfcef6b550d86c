/**
 * JSON as Meta writes webhook bodies: everything outside ASCII as `\uXXXX` in lower-case hex and `/` as `\/`, so that
 * whoever parses and writes again before checking the signature fails.
 */
export function toMetaJson(value: unknown): string {
  return JSON.stringify(value).replace(/[/\u0080-\uffff]/g, (character) =>
    character === "/" ? "\\/" : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
