/** Something that lives in a story beside others. It may be stopped wherever it waits, and then never goes on. */
export interface Actor {
  /** Waits until it is this actor's turn, then does one step that nothing else happens during. */
  step<T>(work: () => Promise<T>): Promise<T>;
}

export interface Waiting {
  name: string;
  /** The process dies here: before its step, or after it and before it hears the answer. Nothing of it follows. */
  crash(when: "before" | "after"): Promise<void>;
  go(): Promise<void>;
}

export interface Stepper {
  /** Begins an actor; it runs until its first step. */
  begin(name: string, life: (actor: Actor) => Promise<void>): void;
  /** Lets one of the waiting actors take its step, again and again, until all have ended. */
  run(choose: (waiting: Waiting[]) => Promise<void>): Promise<void>;
}

/**
 * Runs actors side by side, one step at a time, so that whoever chooses decides on the interleaving: the same choices
 * give the same story.
 */
export function createStepper(): Stepper {
  const waiting: Waiting[] = [];
  const failures: unknown[] = [];
  /** Actors that are between two steps: when there are none, everybody waits or has ended. */
  let busy = 0;
  let settled: (() => void) | undefined;

  function rest(): void {
    busy -= 1;
    if (busy === 0) settled?.();
  }

  function begin(name: string, life: (actor: Actor) => Promise<void>): void {
    busy += 1;
    const step = <T>(work: () => Promise<T>): Promise<T> => {
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      const leave = () => waiting.splice(waiting.indexOf(entry), 1);
      const entry: Waiting = {
        name,
        async crash(when) {
          leave();
          if (when === "after") await work().catch(() => {});
        },
        async go() {
          leave();
          const [done] = await Promise.allSettled([work()]);
          busy += 1;
          if (done.status === "fulfilled") resolve(done.value);
          else reject(done.reason);
        },
      };
      waiting.push(entry);
      rest();
      return promise;
    };
    life({ step })
      .catch((error: unknown) => failures.push(error))
      .finally(rest);
  }

  return {
    begin,
    async run(choose) {
      for (;;) {
        if (busy > 0) await new Promise<void>((resolve) => (settled = resolve));
        if (failures.length > 0) throw failures[0];
        if (waiting.length === 0) return;
        await choose([...waiting]);
      }
    },
  };
}
