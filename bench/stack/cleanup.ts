/** What has to be ended, the latest first. */
export interface Cleanup {
  /** Registers what is being started, so that an interruption meanwhile waits for it and ends it too. */
  adopt<Started>(starting: Promise<Started>, end: (started: Started) => Promise<unknown>): Promise<Started>;
  /** Ends everything once; calls made meanwhile wait for the same end. */
  run(): Promise<void>;
}

export function createCleanup(): Cleanup {
  const ends: (() => Promise<unknown>)[] = [];
  let running: Promise<void> | undefined;

  const runAll = async () => {
    for (let end = ends.pop(); end; end = ends.pop()) {
      // one that cannot be ended must not keep the others alive
      await end().catch((error: unknown) => console.error("while cleaning up:", error));
    }
  };
  return {
    adopt(starting, end) {
      // what never started needs no end, and its error goes to whoever waits for it
      const endStarted = () => starting.then(end, () => {});
      if (running) void endStarted();
      else ends.push(endStarted);
      return starting;
    },
    run: () => (running ??= runAll()),
  };
}
