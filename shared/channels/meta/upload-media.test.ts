import { expect, test } from "vitest";
import { uploadMedia } from "./upload-media.ts";

const credentials = { phone_number_id: "106540352242922", access_token: "EAAG-token" };

/** A file of five bytes uploaded, and what Meta was sent. */
async function uploaded(answer: () => Response, change: { filename?: string; token?: string } = {}) {
  const calls: Request[] = [];
  const fetch = (async (url: string, init: RequestInit) => {
    calls.push(new Request(url, init));
    return answer();
  }) as unknown as typeof globalThis.fetch;
  const body = new Blob(["%PDF-"]).stream();
  const file = { body, size_bytes: 5, mime_type: "application/pdf", filename: change.filename ?? "menu.pdf" };
  const outcome = await uploadMedia(
    file,
    { ...credentials, access_token: change.token ?? credentials.access_token },
    { fetch, graph_url: "https://graph.test/v25.0" },
  );
  return { outcome, calls };
}

test("a file goes to the number's media as a form that any parser reads", async () => {
  const { outcome, calls } = await uploaded(() => Response.json({ id: "77" }), { filename: 'Menü "1".pdf\r\n' });
  expect(outcome).toEqual({ state: "uploaded", id: "77" });
  const [request] = calls;
  expect(request?.url).toBe("https://graph.test/v25.0/106540352242922/media");
  expect(request?.headers.get("authorization")).toBe("Bearer EAAG-token");
  const form = await request?.formData();
  expect([form?.get("messaging_product"), form?.get("type")]).toEqual(["whatsapp", "application/pdf"]);
  const file = form?.get("file") as File;
  expect([file.name, file.type, await file.text()]).toEqual(["Men___1_.pdf__", "application/pdf", "%PDF-"]);
});

const error = (code: number, status: number) => () => Response.json({ error: { code, message: "no" } }, { status });

test.each<[string, () => Response, string]>([
  ["a dead token", error(190, 401), "auth"],
  ["a file that Meta does not take", error(131053, 400), "never"],
  ["a limit of Meta's", error(130429, 400), "retry"],
  ["a gateway's fault", () => new Response("bad gateway", { status: 502 }), "retry"],
  [
    "a lost answer",
    () => {
      throw new TypeError(`lost ${credentials.access_token}`);
    },
    "retry",
  ],
])("%s is told by its class, without the token", async (_, answer, kind) => {
  const { outcome } = await uploaded(answer);
  expect(outcome).toMatchObject({ state: "failed", class: kind });
  expect(JSON.stringify(outcome)).not.toContain(credentials.access_token);
});

test("a token that no header can carry is refused without a call", async () => {
  const { outcome, calls } = await uploaded(() => Response.json({}), { token: "two\nlines" });
  expect(outcome).toMatchObject({ state: "failed", class: "auth" });
  expect(calls).toEqual([]);
});
