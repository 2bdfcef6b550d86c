/** A complaint when a text has more characters (code points, as Meta counts) than allowed. */
export function tooLong(name: string, text: string | undefined, max: number): string[] {
  if (text === undefined || text.length <= max) return [];
  const length = Array.from(text).length;
  return length > max ? [`${name} has ${length} characters, ${max} are allowed`] : [];
}
