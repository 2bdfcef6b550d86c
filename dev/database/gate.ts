/** Lets one holder in at a time, in order of arrival. */
export interface Gate {
  /**
   * Resolves with the function that gives the place back; calling it again does nothing.
   * @throws GateTimeout when `patienceMs` milliseconds pass first.
   */
  enter(patienceMs: number): Promise<() => void>;
}

export class GateTimeout extends Error {
  override readonly name = "GateTimeout";
}

export function createGate(): Gate {
  const waiting: (() => void)[] = [];
  let taken = false;

  const next = () => {
    const first = waiting.shift();
    if (first) first();
    else taken = false;
  };
  const pass = () => {
    let held = true;
    return () => {
      if (held) next();
      held = false;
    };
  };

  return {
    enter(patienceMs) {
      if (!taken) {
        taken = true;
        return Promise.resolve(pass());
      }
      return new Promise((resolve, reject) => {
        const admit = () => {
          clearTimeout(timer);
          resolve(pass());
        };
        const timer = setTimeout(() => {
          waiting.splice(waiting.indexOf(admit), 1);
          reject(new GateTimeout(`still occupied after ${patienceMs} ms`));
        }, patienceMs);
        waiting.push(admit);
      });
    },
  };
}
