import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { exec, sql } from "../../test/support/database.ts";
import { createMember } from "../../test/factories/tenant.ts";
import { anonKey, client, serviceClient, userClient } from "../../test/support/client.ts";
import type { Client } from "../../test/support/client.ts";
import { openScene, write } from "../../test/support/scene.ts";
import type { Scene } from "../../test/support/scene.ts";
import { URL_OF_WORKER, ask } from "../../test/support/worker.ts";

const PNG = Uint8Array.from(atob("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"), (c) => c.charCodeAt(0));
const bucketOf = (one: Client) => one.storage.from("media");

/** A scene with a file in it, uploaded with its API key. */
async function withFile(name = "menu.png", body: BodyInit = PNG) {
  const scene = await openScene();
  const path = `${scene.org_id}/${scene.business_id}/${name}`;
  const files = bucketOf(client(scene.api_key));
  const { error } = await files.upload(path, body as Uint8Array, { contentType: "image/png" });
  if (error) throw error;
  return { scene, files, path };
}

/** A file that a customer has sent, already fetched. */
async function withInbound(scene: Scene) {
  const conversation_id = await write(scene, "Hello");
  const path = `${scene.org_id}/${scene.business_id}/inbound/${crypto.randomUUID()}`;
  await sql`insert into public.media_files (org_id, business_id, message_id, state, storage_url, mime_type, size_bytes, sha256, filename)
    select org_id, business_id, id, 'stored', ${path}, 'image/png', 33, 'ab', 'kitten.png' from public.messages where conversation_id = ${conversation_id}`;
  await env.MEDIA_BUCKET.put(path, PNG);
  return { path, conversation_id };
}

/** The path and query of a signed address. */
const partOf = (url: string) => url.slice(URL_OF_WORKER.length);

describe("supabase.storage.from('media')", () => {
  test("uploads, lists, tells of, signs and downloads a file", async () => {
    const { scene, files, path } = await withFile("prices/menu.png");
    const folder = `${scene.org_id}/${scene.business_id}`;
    expect((await files.list(folder)).data).toMatchObject([{ name: "prices", id: null, metadata: null }]);
    expect((await files.list(`${folder}/prices`, { search: "menu" })).data).toMatchObject([
      { name: "menu.png", metadata: { mimetype: "image/png", size: PNG.byteLength } },
    ]);
    expect((await files.info(path)).data).toMatchObject({ name: path, size: PNG.byteLength, contentType: "image/png" });
    expect((await files.exists(path)).data).toBe(true);
    const { data } = await files.download(path);
    expect(new Uint8Array((await data?.arrayBuffer()) ?? [])).toEqual(PNG);
    const { data: signed } = await files.createSignedUrl(path, 60);
    const response = await ask(partOf(signed?.signedUrl ?? ""));
    expect(response.status).toBe(200);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(PNG);
  });

  test("takes what a browser gives: a Blob in a form", async () => {
    const scene = await openScene();
    const files = bucketOf(client(scene.api_key));
    const path = `${scene.org_id}/${scene.business_id}/Grüße aus Köln.txt`;
    const { data, error } = await files.upload(path, new Blob(["Good day"], { type: "text/plain" }));
    expect(error).toBeNull();
    expect(data).toMatchObject({ path, fullPath: `media/${path}`, id: expect.any(String) });
    expect(await (await files.download(path)).data?.text()).toBe("Good day");
    const { data: signed } = await files.createSignedUrl(path, 60, { download: true });
    const response = await ask(partOf(signed?.signedUrl ?? ""));
    expect(response.headers.get("content-disposition")).toContain(
      "filename*=UTF-8''Gr%C3%BC%C3%9Fe%20aus%20K%C3%B6ln.txt",
    );
    await response.body?.cancel();
  });

  test("signs many at once, and says which are not there", async () => {
    const { files, path } = await withFile();
    const { data } = await files.createSignedUrls([path, `${path}x`], 60);
    expect(data).toMatchObject([
      { path, error: null, signedUrl: expect.stringContaining("?token=") },
      { path: `${path}x`, error: expect.any(String), signedUrl: null },
    ]);
  });

  test("F91: what stands at a path never changes, so new content has a new address", async () => {
    const { files, path } = await withFile();
    const other = new Uint8Array([...PNG, 1]);
    for (const upsert of [false, true]) {
      expect((await files.upload(path, other, { upsert })).error).toMatchObject({ status: 409 });
    }
    expect((await files.update(path, other)).error).toMatchObject({ status: 409 });
    expect((await (await files.download(path)).data?.arrayBuffer())?.byteLength).toBe(PNG.byteLength);
  });

  test("a file that is refused leaves its path free", async () => {
    const scene = await openScene();
    const path = `${scene.org_id}/${scene.business_id}/a.txt`;
    const files = bucketOf(client(scene.api_key));
    expect((await files.upload(path, new Uint8Array())).error?.message).toMatch(/no file|empty/);
    expect((await files.upload(path, new Blob([new Uint8Array(26 << 20)]))).error).toMatchObject({ status: 413 });
    expect((await files.upload(path, "text", { contentType: "text/plain" })).error).toBeNull();
  });

  test("an upload that broke off leaves its path free after ten minutes", async () => {
    const scene = await openScene();
    const { org_id, business_id } = scene;
    const path = `${org_id}/${business_id}/a.txt`;
    const files = bucketOf(client(scene.api_key));
    await sql`insert into public.media_files (org_id, business_id, storage_url) values (${org_id}, ${business_id}, ${path})`;
    expect((await files.upload(path, "text")).error).toMatchObject({ status: 409 });
    await sql`update public.media_files set created_at = now() - interval '11 minutes' where storage_url = ${path}`;
    expect((await files.upload(path, "text")).error).toBeNull();
  });
});

describe("who may have a file", () => {
  test("nobody of another organization, in any way", async () => {
    const { path, scene } = await withFile();
    const other = await openScene();
    const theirs = bucketOf(client(other.api_key));
    expect((await theirs.exists(path)).data).toBe(false);
    expect((await theirs.download(path)).error).toMatchObject({ status: 404 });
    expect((await theirs.createSignedUrl(path, 60)).error).toMatchObject({ status: 404, code: "NoSuchKey" });
    expect((await theirs.list(`${scene.org_id}/${scene.business_id}`)).data).toEqual([]);
    expect((await theirs.upload(`${scene.org_id}/${scene.business_id}/x.png`, PNG)).error).toMatchObject({
      status: 404,
    });
    const mixed = `${scene.org_id}/${other.business_id}/x.png`;
    expect((await theirs.upload(mixed, PNG)).error).toMatchObject({ status: 404 });
    expect((await bucketOf(client(await anonKey())).download(path)).error).toMatchObject({ status: 401 });
  });

  test("who sees the message sees its file: not an agent whose conversation it is not", async () => {
    const scene = await openScene();
    const { path, conversation_id } = await withInbound(scene);
    const admin = await createMember(exec, scene, { role: "admin" });
    const agent = await createMember(exec, scene);
    const files = bucketOf(await userClient(agent.user_id));
    expect((await bucketOf(await userClient(admin.user_id)).createSignedUrl(path, 60)).error).toBeNull();
    expect((await bucketOf(await serviceClient()).createSignedUrl(path, 60)).error).toBeNull();
    await sql`update public.organizations set agents_see_assigned_only = true where id = ${scene.org_id}`;
    expect((await files.createSignedUrl(path, 60)).error).toMatchObject({ status: 404 });
    await sql`update public.conversations set assigned_to = ${agent.team_member_id} where id = ${conversation_id}`;
    expect((await files.createSignedUrl(path, 60)).error).toBeNull();
  });

  test("nobody any more when the customer has taken the message back, signed or not", async () => {
    const scene = await openScene();
    const { path, conversation_id } = await withInbound(scene);
    const files = bucketOf(client(scene.api_key));
    const { data } = await files.createSignedUrl(path, 60);
    await sql`update public.messages set revoked_at = now() where conversation_id = ${conversation_id}`;
    expect((await files.download(path)).error).toMatchObject({ status: 404 });
    expect((await ask(partOf(data?.signedUrl ?? ""))).status).toBe(404);
  });
});

describe("a signed address", () => {
  test("serves ranges, and a file that nothing can run in", async () => {
    const { files, path } = await withFile();
    const { data } = await files.createSignedUrl(path, 60);
    const address = partOf(data?.signedUrl ?? "");
    const whole = await ask(address);
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      "content-type": "image/png",
      "content-disposition": 'inline; filename="menu.png"',
      "x-content-type-options": "nosniff",
      "content-security-policy": "default-src 'none'; sandbox",
      "referrer-policy": "no-referrer",
    });
    await whole.body?.cancel();
    const part = await ask(address, { headers: { range: "bytes=1-3" } });
    expect([part.status, part.headers.get("content-range"), await part.text()]).toEqual([
      206,
      `bytes 1-3/${PNG.byteLength}`,
      "PNG",
    ]);
    expect((await ask(address, { headers: { range: "bytes=99-" } })).status).toBe(416);
    expect((await ask(address, { headers: { "if-none-match": whole.headers.get("etag") ?? "" } })).status).toBe(304);
    const head = await ask(address, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([
      200,
      String(PNG.byteLength),
      "",
    ]);
  });

  test("F23: a page that calls itself a picture is saved, not shown", async () => {
    const { files, path } = await withFile("a.png", "<html><script>alert(1)</script>");
    const { data } = await files.createSignedUrl(path, 60);
    const response = await ask(partOf(data?.signedUrl ?? ""));
    expect(response.headers.get("content-type")).toBe("application/octet-stream");
    expect(response.headers.get("content-disposition")).toMatch(/^attachment;/);
    await response.body?.cancel();
  });

  test("a request that no client would make is refused, and nothing falls over", async () => {
    const { scene, path } = await withFile();
    const headers = { apikey: scene.api_key, "content-type": "application/json" };
    const status = async (method: string, at: string, body?: string) => {
      const response = await ask(`/storage/v1/object/${at}`, { method, headers, ...(body !== undefined && { body }) });
      await response.body?.cancel();
      return response.status;
    };
    expect(await status("GET", `media/${path}%00`)).toBe(404);
    expect(await status("GET", "media/%E0%A4%A")).toBe(404);
    expect(await status("POST", "sign/media", JSON.stringify({ expiresIn: 60, paths: ["\u0000", "\ud800"] }))).toBe(
      200,
    );
    expect(await status("POST", "list/media", JSON.stringify({ prefix: "\u0000", search: "%_\\" }))).toBe(200);
    expect(await status("POST", "list/media", JSON.stringify({ limit: 1e9 }))).toBe(400);
    expect(await status("POST", `sign/media/${path}`, "{")).toBe(400);
    expect(await status("POST", `media/${path}%00`, "x")).toBe(400);
    expect(await status("POST", `move`, "{}")).toBe(404);
    expect(await status("GET", `public/media/${path}`)).toBe(404);
  });

  test("opens its own file only, for its time only, and is no key to anything else", async () => {
    const { files, path, scene } = await withFile();
    const { data } = await files.createSignedUrl(path, 60);
    const address = partOf(data?.signedUrl ?? "");
    const token = new URL(URL_OF_WORKER + address).searchParams.get("token") ?? "";
    const second = `${scene.org_id}/${scene.business_id}/second.png`;
    await files.upload(second, PNG);
    expect((await ask(`/storage/v1/object/sign/media/${second}?token=${token}`)).status).toBe(400);
    expect((await ask(`/storage/v1/object/sign/media/${path}?token=${scene.api_key}`)).status).toBe(400);
    const asKey = { headers: { apikey: token, authorization: `Bearer ${token}` } };
    expect((await ask(`/storage/v1/object/media/${path}`, asKey)).status).toBe(401);
    expect((await ask("/rest/v1/messages", asKey)).status).toBe(401);
    expect((await files.createSignedUrl(path, 8 * 24 * 3600)).error?.message).toContain("expiresIn");
    expect(address).not.toContain(scene.api_key);
  });
});
