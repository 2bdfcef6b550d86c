const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs `create` and takes away the signal handlers that it installs: Miniflare's end the process at once, before the
 * rest of the stack could stop in order. Its handler for the process's exit stays, so workerd never outlives us.
 */
export function keepSignals<T>(create: () => T): T {
  const before = SIGNALS.map((signal) => new Set(process.listeners(signal)));
  const created = create();
  for (const [place, signal] of SIGNALS.entries()) {
    for (const listener of process.listeners(signal)) {
      if (!before[place]?.has(listener)) process.removeListener(signal, listener);
    }
  }
  return created;
}
