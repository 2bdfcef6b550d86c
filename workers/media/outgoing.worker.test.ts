import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test } from "vitest";
import { client } from "../../test/support/client.ts";
import { row, sql } from "../../test/support/database.ts";
import { becomeDue, command, eventually, openScene, sends, write } from "../../test/support/scene.ts";
import type { Scene } from "../../test/support/scene.ts";
import { fault, requests, resetSimulators } from "../../test/support/simulators.ts";
import { ask, sweep } from "../../test/support/worker.ts";
import { placeAtAddress, placed } from "../sending/place-file.ts";
import { toolsOf } from "../tools.ts";
import { outgoingFiles } from "./outgoing.ts";

afterEach(resetSimulators);

const PNG = Uint8Array.from(atob("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"), (c) => c.charCodeAt(0));

/** A scene whose customer has written, and a picture in its workspace. */
async function withPicture(bytes: Uint8Array = PNG) {
  const scene = await openScene();
  const conversation_id = await write(scene, "Hello");
  const path = await put(scene, "cake.png", bytes);
  return { scene, conversation_id, path };
}

async function put(scene: Scene, name: string, bytes: Uint8Array): Promise<string> {
  const path = `${scene.org_id}/${scene.business_id}/${name}`;
  const { error } = await client(scene.api_key).storage.from("media").upload(path, bytes);
  if (error) throw error;
  return path;
}

const send = (scene: Scene, conversation_id: string, path: string, type = "image", content?: string) =>
  command(scene, "send-message", { conversation_id, ...(content && { content }), media: { type, path } });

const uploads = async ({ phone_number_id }: Scene) =>
  (await requests("meta")).filter(
    ({ method, path }) => method === "POST" && path === `/v25.0/${phone_number_id}/media`,
  );

describe("a file of ours in a message", () => {
  test("is uploaded to Meta once, and named by its id there, also under another name", async () => {
    const { scene, conversation_id, path } = await withPicture();
    const again = await put(scene, "the-same.png", PNG);
    for (const each of [path, path, again]) {
      expect(await send(scene, conversation_id, each, "image", "Fresh today")).toMatchObject({ status: 200 });
    }
    expect(await uploads(scene)).toMatchObject([{ body: { type: "image/png", file: { size: PNG.byteLength } } }]);
    const sent = await sends(scene);
    expect(sent).toHaveLength(3);
    const ids = new Set(sent.map(({ body }) => (body["image"] as { id: string }).id));
    expect(ids.size).toBe(1);
    expect(sent[0]?.body["image"]).toEqual({ id: expect.any(String), caption: "Fresh today" });
    expect(
      await row`select type, content, media_type from public.messages where conversation_id = ${conversation_id} and direction = 'outbound' limit 1`,
    ).toEqual({ type: "image", content: "Fresh today", media_type: "image/png" });
  });

  test("is uploaded anew when its time at Meta is over, or when Meta has lost it", async () => {
    const { scene, conversation_id, path } = await withPicture();
    await send(scene, conversation_id, path);
    await sql`update switchboard.media_uploads set expires_at = now() where channel_id = ${scene.channel_id}`;
    await send(scene, conversation_id, path);
    expect(await uploads(scene)).toHaveLength(2);
    await sql`update switchboard.media_uploads set provider_media_id = '1' where channel_id = ${scene.channel_id}`;
    expect(await send(scene, conversation_id, path)).toMatchObject({ body: { delivery_status: "queued" } });
    await becomeDue(conversation_id);
    await sweep();
    await eventually(async () => (await sends(scene)).filter(({ status }) => status === 200).length === 3);
    expect(await uploads(scene)).toHaveLength(3);
  });

  test("is not sent while it cannot be uploaded, and then once", async () => {
    const { scene, conversation_id, path } = await withPicture();
    await fault({ provider: "meta", operation: "media", kind: "error", value: 131000, count: 2 });
    expect(await send(scene, conversation_id, path)).toMatchObject({ body: { delivery_status: "queued" } });
    expect(await sends(scene)).toEqual([]);
    await becomeDue(conversation_id);
    await sweep();
    await eventually(async () => (await sends(scene)).length === 1);
  });

  test("a document carries its name, and one of several megabytes arrives whole", async () => {
    const large = new Uint8Array(7 * 1024 * 1024).fill(32);
    large.set(new TextEncoder().encode("%PDF-1.7"));
    const scene = await openScene();
    const conversation_id = await write(scene, "Hello");
    const path = await put(scene, "menu.pdf", large);
    expect(await send(scene, conversation_id, path, "document")).toMatchObject({ status: 200 });
    expect((await sends(scene))[0]?.body["document"]).toEqual({ id: expect.any(String), filename: "menu.pdf" });
    expect(await uploads(scene)).toMatchObject([{ body: { file: { size: large.byteLength } } }]);
  });

  test("that WhatsApp would refuse is refused here, with the reason", async () => {
    const scene = await openScene();
    const conversation_id = await write(scene, "Hello");
    const path = await put(scene, "a.gif", new TextEncoder().encode("GIF89a"));
    const { status, body } = await send(scene, conversation_id, path);
    expect(status).toBe(400);
    expect(body.message).toContain("this one is image/gif");
    expect(await sends(scene)).toEqual([]);
  });

  test("of another organization is not there, nor is one that nobody has", async () => {
    const theirs = await withPicture();
    const { scene, conversation_id, path } = await withPicture();
    expect(await send(scene, conversation_id, theirs.path)).toMatchObject({ status: 404 });
    expect(await send(scene, conversation_id, `${path}x`)).toMatchObject({ status: 404 });
    expect(await sends(scene)).toEqual([]);
  });
});

test("for an MMS the provider gets an address that opens the file, and nothing else of ours", async () => {
  const tools = toolsOf(env);
  const { scene, path } = await withPicture();
  const options = { exec: tools.exec, bucket: env.MEDIA_BUCKET, url_signer: tools.url_signer, now: Date.now };
  const files = outgoingFiles({ ...options, public_url: "https://reach.test" });
  const file = await files.find(scene.channel_id, path);
  const message = await placed(scene.channel_id, { type: "image", path }, files, (one) => placeAtAddress(one, files));
  const { content } = message as { content: { link: string } };
  expect(content).toEqual({ type: "image", link: expect.stringMatching(/^https:\/\/reach\.test\/storage\/v1\//) });
  const { pathname, search } = new URL(content.link);
  const response = await ask(pathname + search);
  expect([response.status, new Uint8Array(await response.arrayBuffer())]).toEqual([200, PNG]);
  const unreachable = outgoingFiles({ ...options, public_url: "" });
  expect(file && (await placeAtAddress(file, unreachable))).toMatchObject({ state: "failed", code: "no_public_url" });
});
