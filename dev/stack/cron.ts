import { Cron } from "croner";

export interface CronOptions {
  /** In UTC, as Cloudflare reads them. */
  expressions: string[];
  run: (expression: string) => Promise<void>;
  onError: (expression: string, error: unknown) => void;
  /** Unix milliseconds. */
  clock?: () => number;
  /** Runs `action` after `ms`; returns the way to call it off. */
  later?: (ms: number, action: () => void) => () => void;
}

/** A timer cannot wait longer than 24.8 days; and a machine that slept should notice before long. */
const LONGEST_WAIT_MS = 60 * 60_000;

/** Fires cron expressions in real time, which workerd does not do by itself on one machine. Returns the way to stop. */
export function startCrons({
  expressions,
  run,
  onError,
  clock = Date.now,
  later = defaultLater,
}: CronOptions): () => void {
  const pending = new Map<string, () => void>();

  const wait = (expression: string, at: number) => {
    const left = at - clock();
    pending.set(
      expression,
      left > LONGEST_WAIT_MS
        ? later(LONGEST_WAIT_MS, () => wait(expression, at))
        : later(Math.max(0, left), () => fire(expression)),
    );
  };
  const plan = (expression: string) => {
    const next = new Cron(expression, { timezone: "UTC" }).nextRun(new Date(clock()));
    if (next) wait(expression, next.getTime());
  };
  const fire = (expression: string) => {
    plan(expression);
    run(expression).catch((error: unknown) => onError(expression, error));
  };

  for (const expression of expressions) plan(expression);
  return () => {
    for (const cancel of pending.values()) cancel();
    pending.clear();
  };
}

function defaultLater(ms: number, action: () => void): () => void {
  const timer = setTimeout(action, ms);
  return () => clearTimeout(timer);
}
