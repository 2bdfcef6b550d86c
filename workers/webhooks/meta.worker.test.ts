import { env, exports } from "cloudflare:workers";
import { afterEach, describe, expect, test } from "vitest";
import { row, sql } from "../../test/support/database.ts";
import { eventually, openScene } from "../../test/support/scene.ts";
import type { Scene } from "../../test/support/scene.ts";
import { database, resetSimulators } from "../../test/support/simulators.ts";
import { stepsOf } from "../../test/support/steps.ts";
import { bodyOf, entryOf, post, signatureOf, textFrom } from "../../test/support/webhook.ts";
import { ask } from "../../test/support/worker.ts";
import { newCustomer } from "../../test/factories/events.ts";
import { MAX_WEBHOOK_BYTES } from "./receive.ts";

afterEach(resetSimulators);

const plain = (scene: Scene, text = "Hello") => bodyOf(entryOf(scene, { messages: [textFrom(scene.customer, text)] }));

const contents = async ({ channel_id }: Scene) =>
  (
    await sql<{ content: string }>`select content from public.messages where channel_id = ${channel_id} order by seq`
  ).map(({ content }) => content);

const quarantined = ({ phone_number_id }: { phone_number_id: string }) =>
  sql`select reason, kind from switchboard.quarantined_events where account = ${phone_number_id}`;

describe("the subscription handshake", () => {
  const subscribe = (change: Record<string, string> = {}) =>
    ask(
      `/webhooks/meta?${new URLSearchParams({
        "hub.mode": "subscribe",
        "hub.verify_token": env.META_VERIFY_TOKEN,
        "hub.challenge": "1158201444",
        ...change,
      })}`,
    );

  test("answers the challenge as the bare body", async () => {
    const response = await subscribe();
    expect([response.status, await response.text()]).toEqual([200, "1158201444"]);
    expect(response.headers.get("content-type")).toContain("text/plain");
  });

  test.each([
    ["a wrong token", { "hub.verify_token": "guessed" }],
    ["an empty token", { "hub.verify_token": "" }],
    ["another mode", { "hub.mode": "unsubscribe" }],
    ["a challenge with markup", { "hub.challenge": "<script>alert(1)</script>" }],
  ])("refuses %s and repeats nothing of it", async (_, change) => {
    const response = await subscribe(change);
    expect(response.status).toBe(403);
    const body = await response.text();
    for (const given of Object.values(change)) if (given !== "") expect(body).not.toContain(given);
    expect(body).not.toContain(env.META_VERIFY_TOKEN);
  });
});

describe("the signature", () => {
  const send = (bytes: string, signature?: string) =>
    ask("/webhooks/meta", {
      method: "POST",
      body: bytes,
      headers: signature === undefined ? {} : { "x-hub-signature-256": signature },
    });

  const flipBit = (text: string) => text.replace("Hello", "Hellm");

  test.each<[what: string, break_: (bytes: string) => Promise<[bytes: string, signature?: string]>]>([
    ["a missing signature", async (bytes) => [bytes]],
    ["a signature made with another secret", async (bytes) => [bytes, await signatureOf(bytes, "not-the-secret")]],
    ["the signature of another body", async (bytes) => [bytes, await signatureOf('{"object":"page"}')]],
    ["one flipped bit in the body", async (bytes) => [flipBit(bytes), await signatureOf(bytes)]],
    ["one changed digit in the signature", async (bytes) => [bytes, otherDigit(await signatureOf(bytes))]],
    ["a body serialised anew", async (bytes) => [JSON.stringify(JSON.parse(bytes), null, 1), await signatureOf(bytes)]],
    ["the digest without its prefix", async (bytes) => [bytes, (await signatureOf(bytes)).slice("sha256=".length)]],
  ])("F10: %s is refused and leaves no row", async (_, damage) => {
    const scene = await openScene();
    const [bytes, signature] = await damage(JSON.stringify(plain(scene)));
    const response = await send(bytes, signature);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: "unauthorized", request_id: expect.any(String) });
    expect(await contents(scene)).toEqual([]);
    expect(await quarantined(scene)).toEqual([]);
  });

  test("F10, F4: a genuine request replayed changes nothing", async () => {
    const scene = await openScene();
    const body = plain(scene);
    expect((await post(body)).status).toBe(200);
    const before =
      await row`select unread_count, inbound_version, updated_at from public.conversations where channel_id = ${scene.channel_id}`;
    expect((await post(body)).status).toBe(200);
    expect(await contents(scene)).toEqual(["Hello"]);
    expect(
      await row`select unread_count, inbound_version, updated_at from public.conversations where channel_id = ${scene.channel_id}`,
    ).toEqual(before);
  });

  test("F10: what is signed are the bytes, not their meaning: Meta's escapes pass as they came", async () => {
    const scene = await openScene();
    const escaped = JSON.stringify(plain(scene, "ol\u00e9")).replace("\u00e9", "\\u00e9");
    expect((await send(escaped, await signatureOf(escaped))).status).toBe(200);
    expect(await contents(scene)).toEqual(["ol\u00e9"]);
  });
});

function otherDigit(signature: string): string {
  return signature.slice(0, -1) + (signature.endsWith("0") ? "1" : "0");
}

describe("bad input", () => {
  test.each(["{not json", "", '{"object":', "\u0000"])("a signed body %j is 400", async (bytes) => {
    const response = await post(bytes);
    expect([response.status, (await response.json<{ code: string }>()).code]).toEqual([400, "invalid_input"]);
  });

  const inPieces = (size: number) => {
    let left = size;
    return new ReadableStream<Uint8Array>({
      pull(controller) {
        const piece = new Uint8Array(Math.min(left, 256 * 1024)).fill(32);
        left -= piece.byteLength;
        controller.enqueue(piece);
        if (left === 0) controller.close();
      },
    });
  };

  test.each([
    ["that says so", { "content-length": String(MAX_WEBHOOK_BYTES + 1) }],
    ["that says nothing of its length", {}],
    ["that lies about its length", { "content-length": "10" }],
  ])("a body over 3 MB %s is 413", async (_, headers) => {
    const response = await ask("/webhooks/meta", { method: "POST", body: inPieces(MAX_WEBHOOK_BYTES + 1), headers });
    expect([response.status, (await response.json<{ code: string }>()).code]).toEqual([413, "too_large"]);
  });

  test("a body of exactly 3 MB is read to its end", async () => {
    const response = await ask("/webhooks/meta", { method: "POST", body: inPieces(MAX_WEBHOOK_BYTES) });
    expect(response.status).toBe(401);
  });

  test("F177, F1: a webhook of almost 3 MB is stored item by item", async () => {
    const scene = await openScene();
    const lines = Array.from({ length: 29 }, (_, i) => textFrom(newCustomer(), `${i}:${"x".repeat(100 * 1024 - 10)}`));
    const bytes = JSON.stringify(bodyOf(entryOf(scene, { messages: lines })));
    expect(bytes.length).toBeGreaterThan(2.8 * 1024 * 1024);
    expect((await post(bytes)).status).toBe(200);
    const stored = await sql<{ length: number }>`
      select length(content) from public.messages where channel_id = ${scene.channel_id}`;
    expect(stored).toHaveLength(29);
    for (const { length } of stored) expect(length).toBeGreaterThan(100 * 1024 - 10);
  });

  test("F3: U+0000, lone surrogates and 100 KB of text harm neither themselves nor their neighbour", async () => {
    const scene = await openScene();
    const messages = ["nul\u0000nul", "half \ud83d emoji", "y".repeat(100 * 1024), "the neighbour"].map((text) =>
      textFrom(scene.customer, text),
    );
    expect((await post(bodyOf(entryOf(scene, { messages })))).status).toBe(200);
    expect(await contents(scene)).toEqual(["nulnul", "half \ufffd emoji", "y".repeat(100 * 1024), "the neighbour"]);
  });

  test("F3, F1: an unreadable item is quarantined and its neighbours are stored", async () => {
    const scene = await openScene();
    const messages = [textFrom(scene.customer, "before"), { type: "text" }, textFrom(scene.customer, "after")];
    expect((await post(bodyOf(entryOf(scene, { messages })))).status).toBe(200);
    expect(await contents(scene)).toEqual(["before", "after"]);
    expect(await quarantined(scene)).toEqual([{ reason: "malformed", kind: "malformed" }]);
  });

  test("F11: a number that nobody owns is quarantined and given to no tenant", async () => {
    const scene = await openScene();
    const stranger = { phone_number_id: `9${scene.phone_number_id}`, waba_id: scene.waba_id };
    const message = textFrom(scene.customer, "For whom?");
    expect((await post(bodyOf(entryOf(stranger, { messages: [message] })))).status).toBe(200);
    expect(await quarantined(stranger)).toEqual([{ reason: "unknown_channel", kind: "message" }]);
    expect(await sql`select id from public.messages where wa_message_id = ${message["id"]}`).toEqual([]);
  });

  test("F11: so is a number that its tenant has switched off", async () => {
    const scene = await openScene({ channel: { active: false } });
    expect((await post(plain(scene))).status).toBe(200);
    expect(await contents(scene)).toEqual([]);
    expect(await quarantined(scene)).toEqual([{ reason: "channel_inactive", kind: "message" }]);
  });
});

describe("the answer", () => {
  test("is exactly 200 with a plain body", async () => {
    const scene = await openScene();
    const bytes = JSON.stringify(plain(scene));
    const headers = { "x-hub-signature-256": await signatureOf(bytes) };
    const response = await exports.default.fetch("https://switchboard.test/webhooks/meta", {
      method: "POST",
      body: bytes,
      headers,
    });
    expect([response.status, await response.text()]).toEqual([200, "ok"]);
  });

  test("F1, F2: takes one SQL call, however many entries, tenants and kinds a body has", async () => {
    const [one, other] = [await openScene(), await openScene()];
    const body = bodyOf(
      entryOf(one, {
        messages: [textFrom(one.customer, "to one")],
        statuses: [{ id: "wamid.early", status: "sent", timestamp: "1750030073" }],
      }),
      entryOf(other, { messages: [textFrom(one.customer, "to the other"), textFrom(other.customer, "and another")] }),
      entryOf(one, { messages: [textFrom(one.customer, "to one again")] }),
    );
    expect(await stepsOf(async () => expect((await post(body)).status).toBe(200))).toEqual(["sql"]);
    expect(await contents(one)).toEqual(["to one", "to one again"]);
    expect((await contents(other)).toSorted()).toEqual(["and another", "to the other"]);
    expect(await sql`select target from switchboard.parked_events where channel_id = ${one.channel_id}`).toEqual([
      { target: "wamid.early" },
    ]);
  });

  test("F8: is not 200 while the database is away, or what it acknowledged is there once it is back", async () => {
    const scene = await openScene();
    const body = plain(scene);
    await database("down");
    const { status } = await post(body);
    await database("up");
    if (status !== 200) {
      expect(status).toBe(503);
      expect(await contents(scene)).toEqual([]);
      expect((await post(body)).status).toBe(200);
    }
    await eventually(async () => (await contents(scene)).length > 0);
    expect(await contents(scene)).toEqual(["Hello"]);
  });
});
