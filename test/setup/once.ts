/**
 * A resource that several projects of one test run share: started for the first, stopped when the last lets go.
 * @returns `hold`: the resource, the same for all holders; `release`: to be called once by each of them
 */
export function once<T>(start: () => Promise<T>, stop: (value: T) => Promise<void>) {
  let started: Promise<T> | undefined;
  let holders = 0;
  return {
    hold(): Promise<T> {
      holders += 1;
      return (started ??= start());
    },
    async release(): Promise<void> {
      holders -= 1;
      if (holders > 0 || started === undefined) return;
      const value = await started;
      started = undefined;
      await stop(value);
    },
  };
}
