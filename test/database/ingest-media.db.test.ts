import { afterAll, beforeAll, expect, test } from "vitest";
import type { MessageEvent } from "../../shared/channels/events.ts";
import { message, newCustomer, seconds, edit } from "../factories/events.ts";
import type { Tenant } from "../factories/tenant.ts";
import { openIngest, permutations } from "./ingest-harness.ts";
import type { IngestHarness } from "./ingest-harness.ts";

let db: IngestHarness;
beforeAll(async () => void (db = await openIngest()));
afterAll(() => db.close());

const MEDIA = { id: "media-1", mime_type: "image/jpeg", sha256: "aGFzaA==" };
const image = { type: "image", content: "[image]", media: MEDIA };
const files = ({ channel_id }: Tenant) =>
  db.rows(
    `select m.wa_message_id, f.provider_media_id, f.mime_type, f.sha256, f.state, f.business_id
     from media_files f join messages m on m.id = f.message_id where m.channel_id = $1 order by 1`,
    [channel_id],
  );

test("F4: a message's media is written down once, to be fetched, however often the message comes", async () => {
  const tenant = await db.tenant();
  const line = message(tenant.phone_number_id, newCustomer(), image);
  await db.outcomes([line, line, message(tenant.phone_number_id, newCustomer())]);
  expect(await db.outcomes([line])).toEqual(["duplicate"]);
  expect(await files(tenant)).toEqual([
    {
      wa_message_id: line.provider_id,
      provider_media_id: "media-1",
      mime_type: "image/jpeg",
      sha256: MEDIA.sha256,
      state: "pending",
      business_id: tenant.business_id,
    },
  ]);
  expect(await db.message(tenant, line)).toMatchObject({ media_type: "image/jpeg", content: "[image]" });
});

test("F3: media without an id is a message like others", async () => {
  const tenant = await db.tenant();
  const line = message(tenant.phone_number_id, newCustomer(), { ...image, media: { mime_type: "image/jpeg" } });
  expect(await db.outcomes([line])).toEqual(["stored"]);
  expect(await files(tenant)).toEqual([]);
});

test("F19: the file of an imported line, before it or after it, edited or not, ends in the same row", async () => {
  const customer = newCustomer();
  const at = seconds() - 86_400;
  const states = new Set<string>();
  for (const order of permutations([0, 1, 2])) {
    const tenant = await db.tenant();
    const line = (change: Partial<MessageEvent>) =>
      message(tenant.phone_number_id, customer, {
        provider_id: "wamid.h",
        origin: "history",
        wakes: false,
        at,
        ...change,
      });
    const placeholder = line({ type: "media_placeholder", content: "[media]", raw: { type: "media_placeholder" } });
    const events = [
      placeholder,
      line({ ...image, raw: { type: "image" } }),
      edit(placeholder, "a caption", { provider_id: "wamid.e", type: "image" }),
    ];
    for (const i of order) await db.outcomes(events.slice(i, i + 1));
    const row = await db.message(tenant, placeholder);
    expect(row).toMatchObject({ type: "image", content: "a caption", media_type: "image/jpeg", read: true, seq: "1" });
    states.add(JSON.stringify([row["payload"], row["media_type"], await files(tenant)].slice(0, 2)));
    expect(await files(tenant)).toHaveLength(1);
  }
  expect([...states]).toHaveLength(1);
});

test("F19: a file that fills a line counts as stored, its second copy as a duplicate", async () => {
  const tenant = await db.tenant();
  const line = message(tenant.phone_number_id, newCustomer(), {
    origin: "history",
    type: "media_placeholder",
    wakes: false,
  });
  await db.outcomes([line]);
  const file = { ...line, ...image };
  expect(await db.outcomes([file])).toEqual(["stored"]);
  expect(await db.outcomes([file])).toEqual(["duplicate"]);
  expect(await db.talk(tenant)).toMatchObject({ message_seq: "1", unread_count: 0 });
});
