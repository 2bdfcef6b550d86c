/** An answer did not come in the time given. What was asked for may still happen. */
export class TooLate extends Error {
  override readonly name = "TooLate";
}

/**
 * The result of `work` if it comes within `ms` milliseconds. The work itself is not stopped.
 * @throws TooLate when it does not; otherwise whatever `work` throws
 */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TooLate(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}
