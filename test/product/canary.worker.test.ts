import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { newCustomer } from "../factories/events.ts";
import { row, tablesWith } from "../support/database.ts";
import { openScene, pass, write } from "../support/scene.ts";
import type { Scene } from "../support/scene.ts";
import { database, fault, modelSays, resetSimulators } from "../support/simulators.ts";
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

describe("a conversation in which nearly everything goes wrong", () => {
  test("shows no secret in an answer, in the log or in a table", async () => {
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
