export interface Timers {
  /** Runs `action` after `ms`. */
  later(ms: number, action: () => void): void;
  sleep(ms: number): Promise<void>;
  /** Cancels everything still waiting; nothing runs from then on. */
  close(): void;
}

/** The simulators' pending work in one place, so that closing them leaves nothing behind. */
export function createTimers(): Timers {
  let closed = false;
  const waiting = new Set<NodeJS.Timeout>();
  function later(ms: number, action: () => void): void {
    if (closed) return;
    const timer = setTimeout(() => {
      waiting.delete(timer);
      action();
    }, ms);
    waiting.add(timer);
  }
  return {
    later,
    sleep: (ms) => new Promise((resolve) => later(ms, resolve)),
    close() {
      closed = true;
      for (const timer of waiting) clearTimeout(timer);
      waiting.clear();
    },
  };
}
