import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test } from "vitest";
import { sha256Hex } from "../../shared/crypto/digest.ts";
import { row, sql } from "../../test/support/database.ts";
import { eventually, openScene, write } from "../../test/support/scene.ts";
import type { Scene } from "../../test/support/scene.ts";
import { fault, requests, resetSimulators } from "../../test/support/simulators.ts";
import { textFrom } from "../../test/support/webhook.ts";
import { sweep } from "../../test/support/worker.ts";
import { consume } from "../queues/consume.ts";
import { r2Sink } from "./r2-sink.ts";

afterEach(resetSimulators);

const PNG = Uint8Array.from(atob("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"), (c) => c.charCodeAt(0));

interface File {
  id: string;
  state: string;
  reason: string | null;
  attempts: number;
  storage_url: string | null;
  mime_type: string;
  size_bytes: string;
  sha256: string;
}

/** A file at the simulated Meta, as it would be when a customer has sent it. */
async function upload(scene: Scene, bytes: Uint8Array<ArrayBuffer> = PNG, type = "image/png"): Promise<string> {
  const form = new FormData();
  form.set("messaging_product", "whatsapp");
  form.set("type", type);
  form.set("file", new File([bytes], "a", { type }));
  const response = await fetch(`${env.META_GRAPH_URL}/${scene.phone_number_id}/media`, {
    method: "POST",
    headers: { authorization: `Bearer ${scene.access_token}` },
    body: form,
  });
  return (await response.json<{ id: string }>()).id;
}

/** The customer sends a picture with a caption. */
async function sendPicture(scene: Scene, id: string) {
  await write(
    scene,
    textFrom(scene.customer, "", { type: "image", image: { id, mime_type: "image/png", caption: "Look" } }),
  );
}

const fileOf = (id: string) => row<File>`select * from public.media_files where provider_media_id = ${id}`;

const settled = (id: string, state: string) =>
  eventually(async () => {
    const file = await fileOf(id);
    return file.state === state && (state !== "pending" || file.attempts > 0) && file;
  });

/** The pause before the next try is over. */
const passPause = (id: string) => sql`update switchboard.media_downloads set due_at = now() - interval '1 second'
  where media_id = (select id from public.media_files where provider_media_id = ${id})`;

describe("a file that a customer sends", () => {
  test("is kept under its organization, with what it is and its hash; its text was there at once", async () => {
    const scene = await openScene();
    const id = await upload(scene);
    await sendPicture(scene, id);
    const file = await settled(id, "stored");
    expect(file).toMatchObject({ mime_type: "image/png", size_bytes: "33", sha256: await sha256Hex(PNG) });
    expect(file.storage_url).toBe(`${scene.org_id}/${scene.business_id}/inbound/${file.id}`);
    const kept = await env.MEDIA_BUCKET.get(file.storage_url ?? "");
    expect(new Uint8Array((await kept?.arrayBuffer()) ?? [])).toEqual(PNG);
    expect(await sql`select 1 from switchboard.media_downloads where media_id = ${file.id}`).toEqual([]);
  });

  test("F22: what fails once is tried again from its id, and its text never waited", async () => {
    const scene = await openScene();
    const id = await upload(scene);
    await fault({ provider: "meta", operation: "media", kind: "error", value: 131000, count: 1 });
    await sendPicture(scene, id);
    const file = await settled(id, "pending");
    expect(file).toMatchObject({ attempts: 1, reason: expect.stringContaining("look-up"), storage_url: null });
    expect(
      await row`select content from public.messages where id = (select message_id from public.media_files where id = ${file.id})`,
    ).toEqual({ content: "[image] Look" });
    await passPause(id);
    await sweep();
    expect(await settled(id, "stored")).toMatchObject({ attempts: 2, reason: null });
  });

  test("F22: what its queue has lost is found by the sweep", async () => {
    const scene = await openScene();
    const id = await upload(scene);
    const end = await fault({ provider: "meta", operation: "media", kind: "error", value: 131000 });
    await sendPicture(scene, id);
    await settled(id, "pending");
    await end();
    // as if it had been put into the queue, and never come out
    await sql`update switchboard.media_downloads set due_at = now(), queued_until = now() - interval '1 second'
      where media_id = (select id from public.media_files where provider_media_id = ${id})`;
    await sweep();
    await settled(id, "stored");
  });

  test("is given up with a reason when Meta does not know it", async () => {
    const scene = await openScene();
    await sendPicture(scene, "1");
    expect(await settled("1", "failed")).toMatchObject({ attempts: 1, reason: expect.any(String), storage_url: null });
  });

  test("F175: of two deliveries of one file at once, one fetches it", async () => {
    const scene = await openScene();
    const id = await upload(scene);
    const end = await fault({ provider: "meta", operation: "media", kind: "error", value: 131000 });
    await sendPicture(scene, id);
    const file = await settled(id, "pending");
    await end();
    await passPause(id);
    const before = (await requests("meta")).filter(({ path }) => path.endsWith(`/${id}`)).length;
    const body = { id: file.id };
    const batch = createMessageBatch(
      "media",
      ["1", "2"].map((key) => ({ id: key, timestamp: new Date(), attempts: 1, body })),
    );
    await consume(batch, env);
    expect((await getQueueResult(batch, createExecutionContext())).explicitAcks.toSorted()).toEqual(["1", "2"]);
    await settled(id, "stored");
    expect((await requests("meta")).filter(({ path }) => path.endsWith(`/${id}`)).length).toBe(before + 1);
  });
});

test("a file of several parts is whole in the bucket", async () => {
  const bytes = new Uint8Array(11 * 1024 * 1024).map((_, i) => i * 31);
  const key = crypto.randomUUID();
  const sink = r2Sink(env.MEDIA_BUCKET, key);
  for (let at = 0; at < bytes.byteLength; at += 700_001) await sink.write(bytes.subarray(at, at + 700_001));
  expect(await sink.digest()).toBe(await sha256Hex(bytes));
  await sink.commit();
  const kept = await env.MEDIA_BUCKET.get(key);
  expect(await sha256Hex(new Uint8Array((await kept?.arrayBuffer()) ?? []))).toBe(await sha256Hex(bytes));
});
