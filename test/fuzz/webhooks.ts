import { createHmac } from "node:crypto";
import * as fc from "fast-check";
import * as given from "../../shared/channels/meta/fixtures.ts";
import type { Tenant } from "../factories/tenant.ts";
import { like } from "./json.ts";
import type { Case } from "./case.ts";

const ALL_TYPES = [
  given.typed("image", { id: "900", mime_type: "image/jpeg", sha256: "ab", caption: "Look" }),
  given.typed("document", { id: "901", mime_type: "application/pdf", filename: "bill.pdf" }),
  given.typed("location", { latitude: 52.5, longitude: 13.4, name: "Shop" }),
  given.typed("contacts", [{ name: { formatted_name: "Ana" }, phones: [{ phone: "+1 650" }] }]),
  given.typed("reaction", { message_id: "wamid.0", emoji: "👍" }),
  given.typed("interactive", { type: "button_reply", button_reply: { id: "yes", title: "Yes" } }),
  given.typed("button", { text: "Yes", payload: "yes" }),
  given.typed("order", { catalog_id: "1", product_items: [{ product_retailer_id: "2", quantity: 3 }] }),
  given.typed("edit", { original_message_id: "wamid.1", message: { type: "text", text: { body: "changed" } } }),
  given.typed("revoke", { original_message_id: "wamid.1" }),
  given.typed("system", { type: "user_changed_number", wa_id: "16505559999", body: "has a new number" }),
  given.typed("unsupported", undefined, { errors: [{ code: 131051, title: "Unsupported" }] }),
];

const BODIES = [
  given.body(given.change({ contacts: [given.contact()], messages: [given.text()] })),
  ...ALL_TYPES.map((item) => given.body(given.change({ contacts: [given.contact()], messages: [item] }))),
  given.body(
    given.change({ statuses: [given.status(), given.status({ status: "failed", errors: [{ code: 131026 }] })] }),
  ),
  given.body(
    given.change({ messages: [given.text({ id: "a" }), given.text({ id: "b" })], statuses: [given.status()] }),
  ),
  given.body(given.change({ message_echoes: [given.text({ from: given.OWN, to: given.ANA })] }, "smb_message_echoes")),
  given.body(
    given.change(
      { history: [{ metadata: { phase: 0 }, threads: [{ id: given.ANA, messages: [given.text()] }] }] },
      "history",
    ),
  ),
  given.body(given.change({ event: "APPROVED", message_template_id: 1 }, "message_template_status_update")),
  given.body(
    given.change(
      { user_id_update: [{ wa_id: given.ANA, user_id: { previous: "US.1", current: "US.2" } }] },
      "user_id_update",
    ),
  ),
  given.body(given.change({ messages: [given.text({ from: undefined, from_user_id: "US.13491208655302741918" })] })),
  given.body(given.change({ messages: [given.text({ timestamp: String(given.AT + 9) })] }), {
    field: "account_update",
    value: { event: "X" },
  }),
];

/** A body in Meta's form, of the tenant's number or of one that nobody has; ids differ, so that most are news. */
function bodies(tenant: Tenant): fc.Arbitrary<string> {
  const account = fc.constantFrom(tenant.phone_number_id, tenant.phone_number_id, "9999999999");
  return fc.tuple(like(fc.constantFrom(...BODIES)), account, fc.nat(100_000)).map(([value, number, n]) =>
    JSON.stringify(value ?? null)
      .replaceAll(given.NUMBER, number)
      .replaceAll(given.WABA, tenant.waba_id)
      .replaceAll("wamid.", `wamid.${n}.`),
  );
}

/** Bytes that are hardly ever JSON, or JSON that is hardly ever a webhook. */
const junk = fc.oneof(
  fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes)),
  fc.string({ unit: "binary", maxLength: 200 }).map((text) => Buffer.from(text)),
  fc.json({ maxDepth: 4 }).map((text) => Buffer.from(text)),
  fc
    .constantFrom("", "[", "{}", "[]", "null", '"x"', '{"entry":', "[".repeat(100_000), '{"a":'.repeat(50_000))
    .map((text) => Buffer.from(text)),
);

/** Cut somewhere, or with a byte that is another. */
function damaged(whole: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  return fc.tuple(whole, fc.nat(), fc.nat(255), fc.boolean()).map(([bytes, place, byte, cuts]) => {
    if (bytes.length === 0) return bytes;
    const at = place % bytes.length;
    if (cuts) return bytes.subarray(0, at);
    const changed = Buffer.from(bytes);
    changed[at] = byte;
    return changed;
  });
}

const sign = (bytes: Buffer, secret: string) => `sha256=${createHmac("sha256", secret).update(bytes).digest("hex")}`;

/** Webhooks that Meta has signed. They only ever name this tenant's number, or one that nobody has. */
export function signedWebhooks(tenant: Tenant, app_secret: string): fc.Arbitrary<Case> {
  const inForm = bodies(tenant).map((text) => Buffer.from(text));
  return fc
    .oneof({ weight: 6, arbitrary: inForm }, { weight: 1, arbitrary: damaged(inForm) }, { weight: 2, arbitrary: junk })
    .map((bytes) => ({
      method: "POST",
      path: "/webhooks/meta",
      headers: { "x-hub-signature-256": sign(bytes, app_secret) },
      bytes,
    }));
}

/** Webhooks that nobody has signed, of a number that others would like to write to. */
export function forgedWebhooks(victim: Tenant, app_secret: string): fc.Arbitrary<Case> {
  const bytes = bodies(victim).map((text) => Buffer.from(text));
  const signature = fc.oneof(
    bytes.map((other) => sign(Buffer.concat([other, Buffer.from(" ")]), app_secret)),
    bytes.map((other) => sign(other, `${app_secret}x`)),
    bytes.map((other) => sign(other, app_secret).replace("sha256", "sha1")),
    bytes.map((other) => sign(other, app_secret).slice(0, -1)),
    fc.constantFrom("", "sha256=", "sha256=zz", `sha256=${"0".repeat(64)}`, `sha256=${"f".repeat(4_000)}`),
    fc.string({ maxLength: 80 }),
  );
  return fc.record({ bytes, signature }).map((one) => ({
    method: "POST",
    path: "/webhooks/meta",
    headers: { "x-hub-signature-256": one.signature },
    bytes: one.bytes,
    forged: true,
  }));
}
