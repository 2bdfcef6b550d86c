import type { SqlRequest } from "../../../dev/database/neon-proxy.ts";

/** A moment at which the Worker is about to hear from the outside, or the outside from it. */
export interface Step {
  side: "before" | "after";
  kind: "sql" | "provider";
  /** The SQL function, or what the provider is asked for. */
  call: string;
}

/** Whom a strike ends, and how the world goes on. */
export interface Target {
  name: "worker" | "postgres";
  /** Ends it as `kill -9` does. */
  kill(): Promise<void>;
  /** Starts it again on what it left. */
  revive(): Promise<void>;
  /** Whether the call at which it was struck is lost: not made, or its answer not heard. */
  cuts(step: Step): boolean;
}

export interface Struck {
  at: number;
  target: Target["name"];
  step: Step;
}

export interface Steps {
  /** Steps since `count`, in their order. */
  readonly seen: Step[];
  /** When it struck (unix milliseconds), whom and where; null before. */
  struck(): Struck | null;
  /** Counts anew, and strikes at the k-th step from now, or at the first of a description; never when null. */
  count(strike: { k: number | string; target: Target } | null): void;
  /** Resolves when no step has been taken for so many milliseconds: what an earlier run has set off is over. */
  quiet(ms: number): Promise<void>;
  /** Resolves when what was struck is back. */
  revived(): Promise<void>;
  /**
   * Takes a step.
   * @throws when the strike cuts this call
   */
  take(step: Step): Promise<void>;
}

export function createSteps(): Steps {
  let seen: Step[] = [];
  let strike: { k: number | string; target: Target } | null = null;
  let struck: Struck | null = null;
  let back: Promise<void> = Promise.resolve();
  let taken_at = 0;
  return {
    get seen() {
      return seen;
    },
    struck: () => struck,
    count(next) {
      seen = [];
      struck = null;
      strike = next;
    },
    revived: () => back,
    async quiet(ms) {
      for (let rest = ms; rest > 0; rest = taken_at + ms - Date.now()) {
        await new Promise((resolve) => setTimeout(resolve, rest));
      }
    },
    async take(step) {
      seen.push(step);
      taken_at = Date.now();
      if (strike === null || struck !== null) return;
      if (strike.k !== (typeof strike.k === "number" ? seen.length : describeStep(step))) return;
      const { target } = strike;
      struck = { at: Date.now(), target: target.name, step };
      const killed = target.kill();
      back = killed.then(() => target.revive());
      // whoever waits for it hears of a failure; until then it is nobody's
      back.catch(() => {});
      await killed;
      if (target.cuts(step)) throw new Error(`${target.name} was killed ${describeStep(step)}`);
    },
  };
}

export const describeStep = ({ side, kind, call }: Step): string => `${side} ${kind} ${call}`;

/** The function that a request of the Worker calls. */
export function sqlCall({ batch }: SqlRequest): string {
  const names = batch.queries.flatMap(({ query }) => /switchboard\.(\w+)\(/.exec(query)?.[1] ?? []);
  return names.at(-1) ?? "other";
}
