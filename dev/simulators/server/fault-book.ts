import type { Operation, Provider } from "./http.ts";
import { seededRandom } from "./random.ts";

/** What goes wrong on the way of one request, whoever serves it. */
export const TRANSPORT_KINDS = ["drop_request", "drop_response", "delay", "status", "error"] as const;
/** What goes wrong with the status webhooks of one sent message. `hold` keeps it back for a quality check. */
export const DELIVERY_KINDS = ["duplicate", "reorder", "early", "hold"] as const;

export type FaultKind = (typeof TRANSPORT_KINDS)[number] | (typeof DELIVERY_KINDS)[number];

export interface FaultInput {
  provider: Provider;
  operation: Exclude<Operation, "other"> | "any";
  kind: FaultKind;
  /** `delay`, `hold`: milliseconds. `status`: HTTP status. `error`: the provider's code or status word. */
  value?: string | number | undefined;
  /** Probability for each chance, 0–1; always when left out. */
  rate?: number | undefined;
  /** Number of strikes after which the fault is spent; endless when left out. */
  count?: number | undefined;
  /** Start of the generator behind `rate`. */
  seed?: number | undefined;
}

export interface Strike {
  kind: FaultKind;
  value: string | number | undefined;
}

export interface FaultBook {
  add(fault: FaultInput): number;
  /** Whether there was such a fault. */
  remove(id: number): boolean;
  clear(): void;
  /** The faults that hit this chance. Each one hit uses up one of its `count`. */
  strike(provider: Provider, operations: Operation[], kinds: readonly FaultKind[]): Strike[];
}

/** The faults now in force, in the order in which they were added. */
export function createFaultBook(): FaultBook {
  const faults = new Map<number, { fault: FaultInput; left: number; random: () => number }>();
  let next = 1;
  return {
    add(fault) {
      const id = next++;
      faults.set(id, { fault, left: fault.count ?? Infinity, random: seededRandom(fault.seed ?? id) });
      return id;
    },
    remove: (id) => faults.delete(id),
    clear: () => faults.clear(),
    strike(provider, operations, kinds) {
      if (faults.size === 0) return [];
      const struck: Strike[] = [];
      for (const [id, entry] of faults) {
        const { fault } = entry;
        if (fault.provider !== provider || !kinds.includes(fault.kind)) continue;
        if (fault.operation !== "any" && !operations.includes(fault.operation)) continue;
        if (fault.rate !== undefined && entry.random() >= fault.rate) continue;
        struck.push({ kind: fault.kind, value: fault.value });
        entry.left -= 1;
        if (entry.left <= 0) faults.delete(id);
      }
      return struck;
    },
  };
}
