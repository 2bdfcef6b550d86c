import { describe, expect, test } from "vitest";
import type { WrappedKey } from "./data-keys.ts";
import { newDataKey, openEnvelope, rewrap } from "./data-keys.ts";
import { openVault } from "./keys.ts";
import { headerOf, seal, unseal } from "./seal.ts";

const OLD = btoa("o".repeat(32));
const NEW = btoa("n".repeat(32));
const PLACE = { column: "channels.access_token", row: "5b2f0f3e-0000-4000-8000-000000000001" };

/** A store as the table behaves: the first of a version stays. Counts how often it is read. */
function memory() {
  const keys: WrappedKey[] = [];
  const store = {
    keys,
    reads: 0,
    list: async () => {
      store.reads += 1;
      return keys.toSorted((a, b) => b.version - a.version);
    },
    add: async (key: WrappedKey) => {
      if (!keys.some(({ version }) => version === key.version)) keys.push(key);
      return keys.toSorted((a, b) => b.version - a.version);
    },
  };
  return store;
}

function only({ keys: [key] }: ReturnType<typeof memory>): WrappedKey {
  if (!key) throw new Error("no key was made");
  return key;
}

async function open(store: ReturnType<typeof memory>, master = OLD, now = () => 0) {
  return openEnvelope(await openVault(master), store, now);
}

test("the first data key is made by who needs it; two who need it at once use the same one", async () => {
  const store = memory();
  const [one, other] = [await open(store), await open(store)];
  const [a, b] = await Promise.all([seal(one, PLACE, "a"), seal(other, PLACE, "b")]);
  expect([a, b].map(headerOf)).toEqual(["sealed.v2.1", "sealed.v2.1"]);
  expect([await unseal(other, PLACE, a), await unseal(one, PLACE, b)]).toEqual(["a", "b"]);
  expect(store.keys).toHaveLength(1);
});

test("keys are read once, and again for one that is unknown", async () => {
  const store = memory();
  const vault = await open(store);
  const before = await seal(vault, PLACE, "before");
  const reads = store.reads;
  expect(await unseal(vault, PLACE, before)).toBe("before");
  await seal(vault, PLACE, "again");
  expect(store.reads).toBe(reads);
  await store.add(await newDataKey(vault.masters, 2));
  const sealed = await seal(await open(store), PLACE, "by another isolate");
  expect(headerOf(sealed)).toBe("sealed.v2.2");
  expect(await unseal(vault, PLACE, sealed)).toBe("by another isolate");
});

test("a new data key seals within a minute, and the old one goes on opening", async () => {
  let now = 0;
  const store = memory();
  const vault = await open(store, OLD, () => now);
  const before = await seal(vault, PLACE, "before");
  await store.add(await newDataKey(vault.masters, 2));
  now = 59_999;
  expect(headerOf(await seal(vault, PLACE, "x"))).toBe("sealed.v2.1");
  now = 60_000;
  expect(headerOf(await seal(vault, PLACE, "x"))).toBe("sealed.v2.2");
  expect(await unseal(vault, PLACE, before)).toBe("before");
});

test("what a master key has sealed itself still opens", async () => {
  const sealed = await seal(await openVault(OLD), PLACE, "from before");
  expect(await unseal(await open(memory()), PLACE, sealed)).toBe("from before");
});

describe("a new master key", () => {
  test("opens data keys that the old one has wrapped, and wraps them itself", async () => {
    const store = memory();
    const sealed = await seal(await open(store), PLACE, "secret");
    const both = await openVault(`${NEW},${OLD}`);
    const wrapped = await rewrap(both, only(store));
    if (!wrapped) throw new Error("it was not wrapped anew");
    expect(await unseal(await open(store, `${NEW},${OLD}`), PLACE, sealed)).toBe("secret");
    store.keys.splice(0, 1, wrapped);
    expect(await unseal(await open(store, NEW), PLACE, sealed)).toBe("secret");
    expect(await unseal(await open(store, OLD), PLACE, sealed)).toBeNull();
    expect(await rewrap(both, wrapped)).toBeNull();
  });

  test("without the old one it opens nothing, and seals nothing with a key that is not the newest", async () => {
    const store = memory();
    const sealed = await seal(await open(store), PLACE, "secret");
    const vault = await open(store, NEW);
    expect(await unseal(vault, PLACE, sealed)).toBeNull();
    await expect(seal(vault, PLACE, "secret")).rejects.toThrow("VAULT_MASTER_KEY does not hold");
    expect(await rewrap(vault.masters, only(store))).toBeNull();
  });
});

test("a data key moved to another version does not open", async () => {
  const store = memory();
  const masters = await openVault(OLD);
  const { wrapped_key } = await newDataKey(masters, 1);
  store.keys.push({ version: 2, wrapped_key });
  await expect(seal(await open(store), PLACE, "x")).rejects.toThrow("Data key 2");
});
