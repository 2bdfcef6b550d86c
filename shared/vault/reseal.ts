import { call } from "../db/call.ts";
import type { Exec } from "../db/exec.ts";
import { dataHeader, openEnvelope, rewrap } from "./data-keys.ts";
import type { Vault, MasterKeys } from "./keys.ts";
import { seal, unseal } from "./seal.ts";
import type { Place } from "./seal.ts";
import { dataKeyStore, encryptionKeys } from "./store.ts";

export interface Resealed {
  /** Data keys that are wrapped by the newest master key now, and were not before. */
  rewrapped: number;
  /** Values that the newest data key has sealed now. */
  resealed: number;
  /** Values that no key here opens: left as they are. */
  unopened: number;
}

interface SealedValue extends Place {
  value: string;
}

export interface ResealOptions {
  exec: Exec;
  masters: MasterKeys;
  /** Unix milliseconds. */
  now: () => number;
  /** Milliseconds after which no further batch is begun. */
  budget_ms: number;
  /** Looks at every value, even where nothing is known to wait. */
  everything?: boolean;
}

const BATCH = 100;

/**
 * Brings data keys under the newest master key and values under the newest data key, batch by batch. Whatever is changed
 * by somebody else meanwhile is left to the next time; harmless at any time, any number of times.
 */
export async function reseal({ exec, masters, now, budget_ms, everything = false }: ResealOptions): Promise<Resealed> {
  const until = now() + budget_ms;
  const { keys, settled } = await encryptionKeys(exec);
  const done: Resealed = { rewrapped: 0, resealed: 0, unopened: 0 };
  for (const key of keys) {
    const wrapped = await rewrap(masters, key);
    if (!wrapped) continue;
    await call(exec, "rewrap_encryption_key_v1", {
      version: key.version,
      from: key.wrapped_key,
      to: wrapped.wrapped_key,
    });
    done.rewrapped += 1;
  }
  if (settled && !everything) return done;

  // keys as they are now: one that this isolate knows from before may have a successor
  const vault = openEnvelope(masters, dataKeyStore(exec), now);
  const { header } = await vault.current();
  const version = Number(header.slice(dataHeader(0).length - 1));
  for (let after: Place | null = null; now() < until;) {
    const { values }: { values: SealedValue[] } = await call(exec, "reseal_pending_v1", {
      version,
      limit: BATCH,
      after,
    });
    const last = values.at(-1);
    if (!last) {
      await call(exec, "settle_encryption_key_v1", { version });
      break;
    }
    const anew = await Promise.all(values.map((value) => sealAnew(vault, value)));
    const opened = anew.filter((one) => one !== null);
    done.unopened += values.length - opened.length;
    if (opened.length > 0) {
      done.resealed += (await call<{ resealed: number }>(exec, "reseal_v1", { values: opened })).resealed;
    }
    after = { column: last.column, row: last.row };
  }
  return done;
}

async function sealAnew(vault: Vault, { column, row, value }: SealedValue) {
  const secret = await unseal(vault, { column, row }, value);
  return secret === null ? null : { column, row, from: value, to: await seal(vault, { column, row }, secret) };
}
