import type { Hooks } from "../../../../dev/database/neon-proxy.ts";

/** When an attempt was claimed, in unix milliseconds. */
export interface ClaimTimes {
  /** The call that claimed it reached the database. */
  asked_at: number;
  /** The database had committed it. */
  committed_at: number;
}

/** Watches the way to the database for claims, by attempt. */
export function watchClaims(): { hooks: Hooks; claims: Map<string, ClaimTimes> } {
  const claims = new Map<string, ClaimTimes>();
  const asked = new Map<number, number>();
  const hooks: Hooks = {
    before: ({ number }) => void asked.set(number, Date.now()),
    after: ({ number }, outcome) => {
      const asked_at = asked.get(number) ?? 0;
      asked.delete(number);
      if ("error" in outcome) return;
      for (const cell of outcome.results.flatMap(({ rows }) => rows.flat())) {
        const id = cell?.includes('"claimed"') ? attemptOf(cell) : undefined;
        if (id !== undefined && !claims.has(id)) claims.set(id, { asked_at, committed_at: Date.now() });
      }
    },
  };
  return { hooks, claims };
}

function attemptOf(cell: string): string | undefined {
  const result = JSON.parse(cell);
  const claim = result?.next ?? result;
  return claim?.outcome === "claimed" ? claim.attempt.id : undefined;
}
