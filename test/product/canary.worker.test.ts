import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { newCustomer } from "../factories/events.ts";
import { filesWith, keptObjects, logPosition, spellings } from "../support/canary.ts";
import { anonKey, token } from "../support/client.ts";
import { row, tablesWith } from "../support/database.ts";
import { openScene, pass, write } from "../support/scene.ts";
import type { Scene } from "../support/scene.ts";
import { database, fault, modelSays, registerAccount, resetSimulators } from "../support/simulators.ts";
import { bodyOf, entryOf, newWamid, signatureOf, statusOf, textFrom } from "../support/webhook.ts";
import { ask, cron } from "../support/worker.ts";

/** Everything that the Worker answered and wrote to its log while a test ran. */
const answered: string[] = [];
const logged: string[] = [];

beforeEach(() => {
  answered.length = 0;
  logged.length = 0;
  for (const method of ["debug", "info", "log", "warn", "error"] as const) {
    vi.spyOn(console, method).mockImplementation((...parts) => void logged.push(parts.map(String).join(" ")));
  }
});

afterEach(async () => {
  vi.restoreAllMocks();
  await resetSimulators();
});

async function call(path: string, init: RequestInit<IncomingRequestCfProperties>): Promise<void> {
  const response = await ask(path, init);
  answered.push(JSON.stringify([...response.headers]), await response.text());
}

const command = (scene: Scene, name: string, input: unknown) =>
  call(`/functions/v1/${name}`, {
    method: "POST",
    body: typeof input === "string" ? input : JSON.stringify(input),
    headers: { apikey: scene.api_key },
  });

async function webhook(body: object, secret?: string) {
  const bytes = JSON.stringify(body);
  await call("/webhooks/meta", {
    method: "POST",
    body: bytes,
    headers: { "x-hub-signature-256": await signatureOf(bytes, secret) },
  });
}

/** Letters only: digits in a row would be masked as a telephone number, and a leak of the rest overlooked. */
const randomWord = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => String.fromCharCode(97 + (byte % 26))).join("");

/** A conversation in which nearly everything goes wrong once, with words that stand nowhere else. */
async function story() {
  const scene: Scene = { ...(await openScene()), customer: newCustomer() };
  const words = { text: `canary ${randomWord()}`, reply: `warbler ${randomWord()}`, name: `Finch ${randomWord()}` };
  const contacts = [{ wa_id: scene.customer, profile: { name: words.name } }];
  const says = (text: string) => bodyOf(entryOf(scene, { contacts, messages: [textFrom(scene.customer, text)] }));

  await modelSays({ reply: words.reply, confidence: 99 });
  await webhook(says(words.text), "a-guessed-secret");
  await webhook(says(words.text));
  const conversation_id = await write(scene, words.text);
  await pass(conversation_id);

  const send = { conversation_id, content: words.text };
  for (const kind of ["error", "drop_response", "status"] as const) {
    await fault({ provider: "meta", operation: "send", kind, value: kind === "error" ? 131056 : 502, count: 1 });
    await command(scene, "send-message", send);
  }
  await command(scene, "send-message", { ...send, unknown: words.text });
  await command(scene, "send-message", `{"conversation_id": "${words.text}`);
  await webhook(
    bodyOf(
      entryOf(scene, {
        contacts,
        statuses: [
          statusOf(newWamid(), "failed", {
            recipient_id: scene.customer,
            errors: [{ code: 131026, title: words.text }],
          }),
        ],
      }),
    ),
  );
  await webhook(
    bodyOf(
      entryOf(
        { ...scene, phone_number_id: `9${scene.phone_number_id}` },
        { contacts, messages: [textFrom(scene.customer, words.text)] },
      ),
    ),
  );

  await database("down");
  await webhook(says(words.text));
  await command(scene, "send-message", send);
  await database("up");

  await command(scene, "reopen-conversation", { conversation_id });
  await fault({ provider: "gemini", operation: "model", kind: "error", value: 403, count: 1 });
  await write(scene, words.text);
  await pass(conversation_id);
  await fault({ provider: "meta", operation: "send", kind: "error", value: 190, count: 1 });
  await command(scene, "send-message", send);
  await cron("* * * * *");
  return { scene, words };
}

const secretsOf = (scene: Scene) => ({
  "access token": scene.access_token,
  "API key's secret": scene.api_key.slice(scene.api_key.indexOf(".") + 1),
  "app secret": env.META_APP_SECRET,
  "verify token": env.META_VERIFY_TOKEN,
  "model's key": env.GEMINI_API_KEY,
  "master key": env.VAULT_MASTER_KEY,
  "database password": new URL(env.DATABASE_URL).password,
});

/** How every access token of the factories begins; its digits would be masked. */
const ANY_ACCESS_TOKEN = "EAAtest";

/** A signed-in person's request; what it answers is kept like every other. */
async function asUser(claims: Record<string, unknown>, path: string, input?: unknown) {
  await call(path, {
    ...(input !== undefined && { method: "POST", body: JSON.stringify(input) }),
    headers: { apikey: await anonKey(), authorization: `Bearer ${await token(claims)}` },
  });
}

/** Credentials that stand nowhere else go through every command that takes one, well and badly, and are read for by every door. */
async function credentialsStory() {
  const scene: Scene = { ...(await openScene()), customer: newCustomer() };
  const owner = { role: "authenticated", sub: scene.owner.user_id };
  const service = { role: "service_role" };
  const run = (name: string, input: object) =>
    asUser(owner, `/functions/v1/${name}`, { org_id: scene.org_id, ...input });
  const keys = {
    "Telnyx's key": `KEY${randomWord()}`,
    "Telnyx's second key": `KEY${randomWord()}`,
    "a key that Telnyx refuses": `KEY${randomWord()}`,
    "Ultravox's key": `${randomWord().slice(0, 8)}.${randomWord()}`,
    "a key that is lost on the way": `KEY${randomWord()}`,
  };
  const [first, second, refused, ultravox, lost] = Object.values(keys) as [string, string, string, string, string];
  const accounts = [await registerAccount("telnyx", first), await registerAccount("telnyx", second)];
  await registerAccount("ultravox", ultravox);
  const account = Object.fromEntries(
    accounts.map(({ public_key = "" }, i) => [`Telnyx's public key ${i}`, public_key]),
  );

  await run("store-telnyx-credentials", { api_key: refused });
  await run("store-telnyx-credentials", { api_key: first });
  await run("store-telnyx-credentials", { api_key: second, public_key: refused });
  await run("store-telnyx-credentials", { api_key: second, unknown: first });
  await run("save-ultravox-integration", { api_key: refused });
  await run("save-ultravox-integration", { api_key: ultravox });
  await database("down");
  await run("store-telnyx-credentials", { api_key: lost });
  await database("up");
  for (const kind of ["drop_response", "status"] as const) {
    await fault({ provider: "telnyx", operation: "any", kind, value: 502, count: 1 });
    await run("store-telnyx-credentials", { api_key: lost });
    await fault({ provider: "telnyx", operation: "any", kind, value: 502, count: 1 });
    await run("provision-telephony", { business_id: scene.business_id, order: { country: "US", count: 1 } });
  }
  await run("provision-telephony", { business_id: scene.business_id, order: { country: "US", count: 1 } });
  await run("store-telnyx-credentials", { api_key: second });
  await asUser(service, "/functions/v1/rotate-encryption-key", {});
  await cron("17 3 * * *");
  await run("get-integration-status", {});
  for (const claims of [owner, service]) {
    for (const table of [
      "organizations",
      "agencies",
      "channels",
      "twilio_accounts",
      "data_access_audit",
      "businesses",
    ]) {
      await asUser(claims, `/rest/v1/${table}?select=*`);
    }
  }
  for (const column of ["telnyx_api_key_encrypted", "ultravox_api_key_encrypted", "webhook_secret"]) {
    await asUser(owner, `/rest/v1/organizations?select=${column}`);
  }
  await asUser(owner, "/realtime/v1/feed?after=0");
  return { scene, secrets: { ...keys, ...account } };
}

describe("credentials that commands store", () => {
  test("F125, F139: stand in no table, file, object, answer, log or feed, in no spelling", async () => {
    const since = await logPosition();
    const { scene, secrets } = await credentialsStory();
    const seen = { answered: answered.join("\n"), logged: logged.join("\n"), kept: (await keptObjects()).join("\n") };
    const needles = Object.values(secrets).flatMap(spellings);
    expect(needles.length).toBeGreaterThan(40);
    for (const [where, text] of Object.entries(seen))
      expect(
        needles.filter((one) => text.includes(one)),
        where,
      ).toEqual([]);
    expect(await tablesWith(...needles)).toEqual([]);
    expect(await filesWith(needles, since)).toEqual([]);

    // the search would have found them: what is stored openly is found in all these places
    expect(
      await filesWith(
        [
          (
            await row<{
              name: string;
            }>`select 'test-' || substr(slug, 6) as name from public.organizations where id = ${scene.org_id}`
          ).name,
        ],
        since,
      ),
    ).toEqual(expect.arrayContaining([expect.stringMatching(/^base/), expect.stringMatching(/^pg_wal/)]));
    expect(seen.answered).toContain(scene.org_id);
    expect(seen.logged).toContain("store-telnyx-credentials");
    expect(answered.filter((text) => text.includes('"telephony_configured":true'))).not.toEqual([]);
    const sealed = await row<{ header: string }>`
      select substr(convert_from(telnyx_api_key_encrypted, 'UTF8'), 1, 10) as header from public.organizations where id = ${scene.org_id}`;
    expect(sealed.header).toBe("sealed.v2.");
  });

  test.each(["utf-8", "hexadecimal", "base64"])(
    "a secret in %s is one of the spellings, wherever it begins",
    (encoding) => {
      const secret = randomWord();
      const bytes = new TextEncoder().encode(`${secret}`);
      const told = {
        "utf-8": `..${secret}..`,
        hexadecimal: Array.from(bytes, (byte) => byte.toString(16)).join(""),
        base64: ["", "a", "bc"].map((before) => btoa(`${before}${secret} and more`)).join("|"),
      }[encoding];
      const parts = (told ?? "").split("|");
      expect(parts.map((part) => spellings(secret).some((one) => part.includes(one)))).toEqual(parts.map(() => true));
    },
  );
});

describe("a conversation in which nearly everything goes wrong", () => {
  test("F125: shows no secret in an answer, in the log or in a table", async () => {
    const { scene } = await story();
    for (const [what, secret] of Object.entries(secretsOf(scene))) {
      expect(secret.length, what).toBeGreaterThan(10);
      expect(
        answered.filter((text) => text.includes(secret)),
        what,
      ).toEqual([]);
      expect(
        logged.filter((text) => text.includes(secret)),
        what,
      ).toEqual([]);
      expect(await tablesWith(secret), what).toEqual([]);
    }
    expect([...answered, ...logged].filter((text) => text.includes(ANY_ACCESS_TOKEN))).toEqual([]);
  });

  test("leaves words, names and numbers out of the log", async () => {
    const { scene, words } = await story();
    expect(logged.length).toBeGreaterThan(10);
    for (const personal of [...Object.values(words), scene.customer, scene.customer.slice(-8)]) {
      expect(logged.filter((line) => line.includes(personal))).toEqual([]);
    }
    for (const line of logged) expect(() => JSON.parse(line), line).not.toThrow();
  });

  test("keeps the token sealed, for its own row only", async () => {
    const { scene } = await story();
    const { access_token } = await row<{
      access_token: string;
    }>`select access_token from public.channels where id = ${scene.channel_id}`;
    expect(access_token).toMatch(/^sealed\.v[12]\./);
    expect(await tablesWith(access_token)).toEqual(["public.channels"]);
  });
});

test("the search finds a word in text, in JSON and in bytes", async () => {
  const { words } = await story();
  expect(await tablesWith(words.text)).toEqual(
    expect.arrayContaining(["public.messages", "switchboard.quarantined_events", "switchboard.outbox"]),
  );
});
