import { expect, test } from "vitest";
import { sha256Hex } from "../../crypto/digest.ts";
import { keep } from "../../media/keep.ts";
import { memorySink } from "../../media/memory-sink.ts";
import { type MediaOptions, openMedia } from "./open-media.ts";

const GRAPH = "https://graph.test/v25.0";
const FILE = "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=5&ext=1&hash=h";
const MAX_BYTES = 1_000;
const credentials = { phone_number_id: "106540352242922", access_token: "EAAG-token" };
const JPEG = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 1, 2, 3);

type Answer = () => Response | Promise<Response>;

interface Given {
  /** What the look-up answers; change one thing. */
  found: Record<string, unknown>;
  lookUp: Answer;
  file: Answer;
  media_id: string;
  token: string;
  options: Partial<MediaOptions>;
}

/** One file of Meta's fetched, with one thing changed, and the calls that were made for it. */
async function fetched(change: Partial<Given> = {}) {
  const found = { messaging_product: "whatsapp", id: "5", url: FILE, mime_type: "image/jpeg", ...change.found };
  const answers: Answer[] = [
    change.lookUp ?? (() => Response.json(found)),
    change.file ?? (() => new Response(JPEG, { headers: { "content-type": "image/jpeg" } })),
  ];
  const calls: { url: string; init: RequestInit }[] = [];
  const fetch = (async (url: string, init: RequestInit) => {
    calls.push({ url, init });
    const answer = answers[calls.length - 1];
    if (answer === undefined) throw new Error("one call too many");
    return answer();
  }) as unknown as typeof globalThis.fetch;
  const opened = await openMedia(
    change.media_id ?? "5",
    { ...credentials, access_token: change.token ?? credentials.access_token },
    { fetch, graph_url: GRAPH, timeout_ms: 1_000, ...change.options },
  );
  const sink = memorySink();
  const outcome = await keep(opened, () => sink, MAX_BYTES);
  return { outcome, kept: sink.kept(), calls, urls: calls.map(({ url }) => url) };
}

test("a file comes with its type and its hash, in two calls that carry the token and follow nothing", async () => {
  const { outcome, kept, calls, urls } = await fetched();
  expect(outcome).toEqual({
    state: "kept",
    size_bytes: 7,
    mime_type: "image/jpeg",
    mismatch: false,
    sha256: await sha256Hex(JPEG),
  });
  expect(kept).toEqual(JPEG);
  expect(urls).toEqual([`${GRAPH}/5?phone_number_id=106540352242922`, FILE]);
  for (const { init } of calls) {
    expect(new Headers(init.headers).get("authorization")).toBe("Bearer EAAG-token");
    expect(init.redirect).toBe("manual");
  }
});

test.each([
  ["another host", "https://files.example/5"],
  ["a host that only begins like Meta's", "https://lookaside.fbsbx.com.files.example/5"],
  ["a host that only ends like Meta's", "https://evil-lookaside.fbsbx.com/5"],
  ["a suffix without its dot", "https://evilfbcdn.net/5"],
  ["Meta's host as a path", "https://files.example/lookaside.fbsbx.com/5"],
  ["Meta's host as user info", "https://lookaside.fbsbx.com@files.example/5"],
  ["user info at Meta's host", "https://user:secret@lookaside.fbsbx.com/5"],
  ["user info at Graph's host", "https://user@graph.test/5"],
  ["a backslash that a parser takes for a slash", "https://files.example\\@lookaside.fbsbx.com/5"],
  ["plain http", "http://lookaside.fbsbx.com/5"],
  ["an odd port", "https://lookaside.fbsbx.com:8443/5"],
  ["Graph's host at another port", "https://graph.test:8443/5"],
  ["a machine of the inside", "https://169.254.169.254/latest/meta-data"],
  ["another scheme", "file:///etc/passwd"],
  ["no address at all", "lookaside.fbsbx.com/5"],
])("F23: an address with %s is never asked", async (_, url) => {
  const { outcome, urls } = await fetched({ found: { url } });
  expect(outcome).toEqual({
    state: "failed",
    reason: "address is not at one of the provider's hosts",
    retry: false,
  });
  expect(urls).toHaveLength(1);
});

test.each(["https://scontent-iad3-1.xx.fbcdn.net/v/5", "https://LOOKASIDE.fbsbx.com:443/5", "https://graph.test/5"])(
  "F23: %s is the provider's",
  async (url) => {
    expect((await fetched({ found: { url } })).outcome.state).toBe("kept");
  },
);

test("F23: only the configured hosts count, and plain http at Graph's own origin alone", async () => {
  const local = { graph_url: "http://127.0.0.1:8789/v25.0", hosts: [] };
  const at = async (url: string) => (await fetched({ found: { url }, options: local })).outcome.state;
  expect(await at("http://127.0.0.1:8789/files/5")).toBe("kept");
  expect(await at("http://127.0.0.1:9/files/5")).toBe("failed");
  expect(await at(FILE)).toBe("failed");
});

test.each([301, 302, 307, 308])("F23: a redirect (%i) is not followed, neither for the file", async (status) => {
  const away = () => new Response(null, { status, headers: { location: "https://files.example/5" } });
  const { outcome, urls } = await fetched({ file: away });
  expect(outcome).toEqual({ state: "failed", reason: "file: redirected, not followed", retry: false });
  expect(urls).toHaveLength(2);
  const lookedUp = await fetched({ lookUp: away });
  expect(lookedUp.outcome).toMatchObject({ state: "failed", retry: false });
  expect(lookedUp.urls).toHaveLength(1);
});

test("F23: a file without end that promises seven bytes is left at the limit", async () => {
  let pulled = 0;
  let cancelled = false;
  const endless = () =>
    new Response(
      new ReadableStream<Uint8Array>({
        pull(controller) {
          pulled += 100;
          controller.enqueue(new Uint8Array(100));
        },
        cancel() {
          cancelled = true;
        },
      }),
      { headers: { "content-length": "7" } },
    );
  const { outcome } = await fetched({ file: endless });
  expect(outcome).toEqual({ state: "failed", reason: "file: longer than 1000 bytes", retry: false });
  expect(cancelled).toBe(true);
  expect(pulled).toBeLessThanOrEqual(MAX_BYTES + 200);
});

test.each([
  [MAX_BYTES, "kept"],
  [MAX_BYTES + 1, "failed"],
])("F23: of a file of %i bytes with a limit of 1000 the outcome is %s", async (size, state) => {
  expect((await fetched({ file: () => new Response(new Uint8Array(size)) })).outcome.state).toBe(state);
});

test("F23: a file that is not the one whose hash Meta named is not kept, and asked for again", async () => {
  const { outcome, kept } = await fetched({ found: { sha256: "0".repeat(64) } });
  expect(outcome).toMatchObject({ state: "failed", retry: true });
  expect(kept).toBeNull();
  expect((await fetched({ found: { sha256: await sha256Hex(JPEG) } })).outcome.state).toBe("kept");
});

test("F23: a file that is not what it is called says what it is", async () => {
  const { outcome } = await fetched({
    file: () => new Response("%PDF-1.7", { headers: { "content-type": "image/jpeg" } }),
  });
  expect(outcome).toMatchObject({ mime_type: "application/pdf", mismatch: true });
});

test.each(["https://files.example/5", "..", "5/../6", "5?fields=x", ""])(
  "F23: %j in the place of a media id is never asked for",
  async (media_id) => {
    const { outcome, urls } = await fetched({ media_id });
    expect(outcome).toMatchObject({ state: "failed", retry: false });
    expect(urls).toEqual([]);
  },
);

const error = (code: number, status: number) => () => Response.json({ error: { code, message: "no" } }, { status });

test.each<[string, Partial<Given>, boolean]>([
  ["an unknown id", { lookUp: error(100, 400) }, false],
  ["a dead token", { lookUp: error(190, 401) }, false],
  ["a limit of Meta's", { lookUp: error(130429, 400) }, true],
  ["a look-up that answers 502", { lookUp: () => new Response("bad gateway", { status: 502 }) }, true],
  ["a look-up that is not JSON", { lookUp: () => new Response("<html>") }, true],
  ["an address that has run out", { file: () => new Response(null, { status: 404 }) }, true],
  ["a file that is forbidden", { file: () => new Response(null, { status: 403 }) }, false],
  ["a file that answers 503", { file: () => new Response(null, { status: 503 }) }, true],
  ["a network failure", { file: () => Promise.reject(new TypeError("fetch failed")) }, true],
  [
    "a file that breaks off",
    { file: () => new Response(new ReadableStream({ pull: (c) => c.error(new Error("x")) })) },
    true,
  ],
])("%s fails, never throws, and says whether to try again", async (_, change, retry) => {
  expect((await fetched(change)).outcome).toEqual({ state: "failed", reason: expect.any(String), retry });
});

test("no answer in time is a failure to be tried again", async () => {
  const fetch = ((_: string, init: RequestInit) =>
    new Promise((_resolve, reject) => {
      init.signal?.addEventListener("abort", () => reject(init.signal?.reason));
    })) as unknown as typeof globalThis.fetch;
  const outcome = await openMedia("5", credentials, { fetch, timeout_ms: 5 });
  expect(outcome).toEqual({ state: "failed", reason: "no answer in time", retry: true });
});

test.each(["", "two\nlines", "naïve"])(
  "a token that no header can carry (%j) is refused without a call",
  async (token) => {
    const { outcome, urls } = await fetched({ token });
    expect(outcome).toMatchObject({ state: "failed", retry: false });
    expect(urls).toEqual([]);
  },
);

test("the token never shows in a reason", async () => {
  const quoting = () => Promise.reject(new TypeError(`bad header Bearer ${credentials.access_token}`));
  for (const change of [{ lookUp: quoting }, { file: quoting }]) {
    expect(JSON.stringify((await fetched(change)).outcome)).not.toContain(credentials.access_token);
  }
});
