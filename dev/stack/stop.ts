/** The platform's supervisors wait this long before they kill. */
const STOP_WITHIN_MS = 4_500;

type Closer = () => Promise<void> | void;

/**
 * From now on SIGINT, SIGTERM and SIGHUP end this process with exit code 0, after what was handed to the returned
 * function has been closed, the last first. A signal to the whole group may arrive twice; the second changes nothing.
 */
export function stopOnSignals(): (closer: Closer) => void {
  const closers: Closer[] = [];
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(0), STOP_WITHIN_MS).unref();
    for (const closer of closers.toReversed()) await Promise.resolve(closer()).catch(report);
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
  return (closer) => closers.push(closer);
}

const report = (error: unknown) => console.error(`stop: ${error instanceof Error ? error.message : String(error)}`);
