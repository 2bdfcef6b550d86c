import type { Exec } from "../../shared/db/exec.ts";
import type { Change } from "./change.ts";
import { lastPosition, readChanges } from "./feed.ts";

export interface Watch {
  /** Resolves with whether such a change came within `ms`. Only changes from now on count. */
  until(fits: (change: Change) => boolean, ms: number): Promise<boolean>;
  stop(): void;
}

const EVERY_MS = 150;

/** Follows the outbox from its present end on, handing out what came together in one go. While the database is away it waits and then goes on where it was. */
export async function watchFeed(exec: Exec, onChanges: (changes: Change[]) => void): Promise<Watch> {
  const waiting = new Set<(change: Change) => void>();
  let position = await lastPosition(exec);
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const look = async () => {
    const read = await readChanges(exec, position).catch(() => undefined);
    if (stopped) return;
    const changes = read?.changes ?? [];
    if (changes.length > 0) onChanges(changes);
    for (const change of changes) {
      for (const check of waiting) check(change);
    }
    position = read?.position ?? position;
    timer = setTimeout(look, EVERY_MS);
  };
  timer = setTimeout(look, 0);

  return {
    until: (fits, ms) =>
      new Promise((resolve) => {
        const end = (result: boolean) => {
          clearTimeout(patience);
          waiting.delete(check);
          resolve(result);
        };
        const check = (change: Change) => {
          if (fits(change)) end(true);
        };
        const patience = setTimeout(() => end(false), ms);
        waiting.add(check);
      }),
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
