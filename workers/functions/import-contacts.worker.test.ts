import { afterEach, beforeEach, expect, test } from "vitest";
import { createMember } from "../../test/factories/tenant.ts";
import { token } from "../../test/support/client.ts";
import { exec, row, sql } from "../../test/support/database.ts";
import { command, openScene, write } from "../../test/support/scene.ts";
import type { Answer, Scene } from "../../test/support/scene.ts";
import { database, resetSimulators } from "../../test/support/simulators.ts";
import { ask } from "../../test/support/worker.ts";

let scene: Scene;
beforeEach(async () => {
  scene = await openScene();
});
afterEach(resetSimulators);

async function bring(
  file: string,
  query: Record<string, string> = {},
  headers: Record<string, string> = { apikey: scene.api_key },
) {
  const response = await ask(
    `/functions/v1/import-contacts?${new URLSearchParams({ business_id: scene.business_id, ...query })}`,
    {
      method: "POST",
      body: file,
      headers: { "content-type": "text/csv", ...headers },
    },
  );
  return { status: response.status, body: await response.json<Answer>() };
}
const people = () =>
  sql`select phone, name, email, tags, opted_in from public.contacts where business_id = ${scene.business_id} order by phone, name`;

test("a file comes in once, however often it is sent: doubles in it and in the database are one person", async () => {
  const file =
    "phone,name,tags\n+4915112345678,Ana,vip\n+55 11 91234-5678,Rui,\n+551112345678,,neu\n+4915112345678,Anna,regular\nx,Bad,\n";
  const first = await bring(file);
  expect(first).toMatchObject({ status: 200, body: { rows: 5, created: 3, merged: 1, consents: 0, refused: 1 } });
  expect(first.body.errors).toEqual([{ line: 6, reason: "not a phone number with + and country code" }]);
  expect(await bring(file)).toMatchObject({ body: { created: 0, merged: 4, refused: 1 } });
  expect((await people()).find(({ phone }) => phone === "+4915112345678")).toMatchObject({
    name: "Ana",
    tags: ["regular", "vip"],
    opted_in: null,
  });
});

test("who has written to us under WhatsApp's spelling is the same person", async () => {
  await sql`insert into public.contacts (org_id, business_id, platform_id, wa_id) values (${scene.org_id}, ${scene.business_id}, '551191234567', '551191234567')`;
  await sql`insert into public.contact_identities (org_id, business_id, contact_id, kind, value)
    select org_id, business_id, id, 'wa_id', wa_id from public.contacts where business_id = ${scene.business_id}`;
  expect(await bring("phone,email\n+5511991234567,rui@example.com\n")).toMatchObject({
    body: { created: 0, merged: 1 },
  });
  expect(await people()).toMatchObject([{ email: "rui@example.com" }]);
});

test("F116: consent comes in with its source, and never over a person's own no", async () => {
  const conversation_id = await write(scene, "STOP");
  const file = `phone,consent\n+${scene.customer},yes\n+4915112345678,yes\n+4915112345679,no\n`;
  expect(await bring(file)).toMatchObject({
    status: 400,
    body: { message: expect.stringContaining("consent_source") },
  });
  const taken = await bring(file, { consent_source: "Form at the counter, May 2026" });
  expect(taken.body).toMatchObject({ created: 2, merged: 1, consents: 1, objections: [2] });
  await bring(file, { consent_source: "Form at the counter, May 2026" });
  expect(
    await sql`select source, evidence, state from public.consent_records where business_id = ${scene.business_id} order by created_at`,
  ).toMatchObject([
    { source: "keyword", state: "withdrawn" },
    { source: "import", evidence: "Form at the counter, May 2026", state: "granted" },
  ]);
  expect(
    await row`select opted_in from public.contacts c join public.conversations v on v.contact_id = c.id where v.id = ${conversation_id}`,
  ).toEqual({ opted_in: false });
  expect((await people()).map(({ phone, opted_in }) => [phone, opted_in])).toContainEqual(["+4915112345678", true]);

  const preview = await command(scene, "preview-audience", {
    channel_id: scene.channel_id,
    audience: { everybody: true, match: "any" },
  });
  expect(preview.body).toMatchObject({
    recipients: 1,
    excluded: 2,
    excluded_by_reason: { no_consent: 1, opted_out: 1 },
  });
  expect(preview.body.examples.map(({ reason }: { reason: string }) => reason).toSorted()).toEqual([
    "no_consent",
    "opted_out",
  ]);
});

test("only who may act in the workspace brings people in", async () => {
  const file = "phone\n+4915112345678\n";
  const stranger = await openScene();
  expect(await bring(file, {}, { apikey: stranger.api_key })).toMatchObject({ status: 404 });
  expect(await bring(file, {}, {})).toMatchObject({ status: 401 });
  const reader = await createMember(exec, scene, { role: null, assigned: false });
  const bearer = await token({ role: "authenticated", sub: reader.user_id });
  expect((await bring(file, {}, { authorization: `Bearer ${bearer}` })).status).toBeGreaterThanOrEqual(400);
  expect(await people()).toEqual([]);
  expect(await bring(file, { business_id: "x" })).toMatchObject({
    status: 400,
    body: { details: { problems: [{ path: "business_id" }] } },
  });
});

test("a database that goes away says how far it came, and that repeating is safe", async () => {
  await database("down");
  expect(await bring("phone\n+4915112345678\n")).toMatchObject({
    status: 503,
    body: { message: expect.stringContaining("Send the file again"), details: { progress: { created: 0 } } },
  });
});
