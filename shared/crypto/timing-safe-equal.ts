import { sha256 } from "./digest.ts";

/**
 * Whether two byte arrays are equal, in a time that depends on their length only. Different lengths answer at once:
 * use it where the expected length is public (a digest), and `secretsEqual` where it is not.
 */
export function timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

/** Whether two secrets are equal without telling how long the expected one is: compares their digests. */
export async function secretsEqual(given: string, expected: string): Promise<boolean> {
  const [a, b] = await Promise.all([sha256(given), sha256(expected)]);
  return timingSafeEqual(a, b);
}
