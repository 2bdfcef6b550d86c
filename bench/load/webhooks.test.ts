import { expect, test } from "vitest";
import { meta } from "../../shared/channels/meta/index.ts";
import { buildEvents, buildWebhooks } from "./webhooks.ts";

const plan = {
  app_secret: "app-secret",
  phone_number_id: "106540352242922",
  waba_id: "102290129340398",
  prefix: "wamid.bench.",
  count: 3,
  batch: 2,
  first_customer: 10,
  customers: 4,
  at: 1_790_000_000,
};

test("F10: every webhook is signed as the Worker checks it", async () => {
  const webhooks = [...buildWebhooks(plan)];
  expect(webhooks).toHaveLength(3);
  for (const { bytes, signature } of webhooks) {
    const headers = new Headers({ "x-hub-signature-256": signature });
    const request = { url: "http://worker/webhooks/meta", headers, body: new Uint8Array(bytes) };
    expect(await meta.verify(request, { app_secrets: ["app-secret"] })).toBe(true);
    expect(await meta.verify(request, { app_secrets: ["another"] })).toBe(false);
  }
});

test("every message has its own id, and the customers write in turn", async () => {
  const events = (await buildEvents(plan)).flat();
  expect(events.map((event) => (event.kind === "message" ? event.provider_id : event.kind))).toEqual(
    [0, 1, 2, 3, 4, 5].map((n) => `wamid.bench.${n}`),
  );
  const people = events.map((event) => (event.kind === "message" ? event.contact.wa_id?.slice(-2) : null));
  expect(people).toEqual(["10", "11", "12", "13", "10", "11"]);
});
