import { expect, test } from "vitest";
import { emptyStore, memory, webhook } from "./fixtures.ts";
import { PIECE_BYTES } from "./pieces.ts";
import { prepare } from "./schema.ts";
import { REFUSALS_ALLOWED, createSpoolStore } from "./store.ts";
import type { SpoolStore } from "./store.ts";

const NOW = 1_750_000_060_000;

const ids = (store: SpoolStore) => store.waiting(0, 10).map(({ id }) => id);

test("a webhook comes back as it came", () => {
  const store = emptyStore();
  store.add(webhook("héllo", { provider: "telnyx", received_at: 1_750_000_000_123 }));
  const [{ id, ...kept } = { id: 0 }] = store.waiting(0, 1);
  expect({ ...kept, body: store.body(id) }).toEqual(
    webhook("héllo", { provider: "telnyx", received_at: 1_750_000_000_123 }),
  );
});

test("one of 3 MB is stored in three values, none larger than allowed, and comes back whole", () => {
  const sql = memory();
  prepare(sql);
  const store = createSpoolStore(sql);
  const body = Uint8Array.from({ length: 3 * PIECE_BYTES }, (_, i) => i % 251);
  store.add(webhook("", { body }));
  expect([...sql.exec("select length(bytes) as size from pieces")]).toEqual(
    Array.from({ length: 3 }, () => ({ size: PIECE_BYTES })),
  );
  expect(Buffer.compare(store.body(1), body)).toBe(0);
});

test("F180: the line is in the order of arrival here, whatever the clocks of the isolates said", () => {
  const store = emptyStore();
  store.add(webhook("first", { received_at: NOW + 120_000 }));
  store.add(webhook("second", { received_at: NOW - 120_000 }));
  expect(store.waiting(0, 10).map(({ received_at }) => received_at)).toEqual([NOW + 120_000, NOW - 120_000]);
});

test("a place in the line is never given twice", () => {
  const store = emptyStore();
  store.add(webhook("first"));
  store.remove(1);
  store.add(webhook("second"));
  expect(ids(store)).toEqual([2]);
});

test("what is removed leaves nothing behind", () => {
  const sql = memory();
  prepare(sql);
  const store = createSpoolStore(sql);
  store.add(webhook("gone"));
  store.remove(1);
  expect([...sql.exec("select * from webhooks"), ...sql.exec("select * from pieces")]).toEqual([]);
  expect(store.isEmpty()).toBe(true);
});

test("one that is refused too often is set aside, counted, and no longer in the way", () => {
  const store = emptyStore();
  store.add(webhook("bad"));
  store.add(webhook("good", { received_at: 1_750_000_001_000 }));
  const verdicts = Array.from({ length: REFUSALS_ALLOWED }, () => store.refuse(1, "no", NOW));
  expect(verdicts).toEqual([false, false, false, false, true]);
  expect(ids(store)).toEqual([2]);
  expect(store.status()).toEqual({ backlog: 1, oldest_received_at: 1_750_000_001_000, poisoned: 1 });
  store.remove(2);
  expect([store.isWaiting(), store.isEmpty()]).toEqual([false, false]);
});

test("one that was set aside may be tried again, once", () => {
  const store = emptyStore();
  store.add(webhook("bad"));
  for (let i = 0; i < REFUSALS_ALLOWED; i++) store.refuse(1, "no", NOW);
  store.revive(NOW);
  expect(store.isWaiting()).toBe(false);
  store.revive(NOW + 1);
  expect(ids(store)).toEqual([1]);
  expect(store.refuse(1, "no", NOW)).toBe(true);
});

test("preparing a storage again changes nothing in it", () => {
  const sql = memory();
  prepare(sql);
  createSpoolStore(sql).add(webhook("kept"));
  prepare(sql);
  expect(createSpoolStore(sql).status().backlog).toBe(1);
  expect([...sql.exec("select version from versions")]).toEqual([{ version: 1 }]);
});

test("F179: an older version of ours goes on with a storage that a newer one has widened", () => {
  const sql = memory();
  prepare(sql);
  createSpoolStore(sql).add(webhook("before"));
  sql.exec("alter table webhooks add column urgency integer not null default 0");
  sql.exec("insert into versions (version) values (2)");

  prepare(sql);
  const store = createSpoolStore(sql);
  store.add(webhook("after"));
  expect(ids(store)).toEqual([1, 2]);
  expect(new TextDecoder().decode(store.body(2))).toBe("after");
});

test("F179: preparing a storage again changes nothing in it", () => {
  const sql = memory();
  prepare(sql);
  createSpoolStore(sql).add(webhook("kept"));
  prepare(sql);
  expect(ids(createSpoolStore(sql))).toEqual([1]);
  expect([...sql.exec("select version from versions")]).toEqual([{ version: 1 }]);
});
