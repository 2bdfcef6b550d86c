import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { sql } from "../test/support/database.ts";
import { openScene, write } from "../test/support/scene.ts";
import { database, resetSimulators } from "../test/support/simulators.ts";
import { bodyOf, entryOf, post, textFrom } from "../test/support/webhook.ts";
import { ask, askWith } from "../test/support/worker.ts";

afterEach(resetSimulators);

describe("/health", () => {
  const health = async () => {
    const response = await ask("/health");
    return { status: response.status, body: await response.json<Record<string, unknown>>() };
  };

  test("is 200 with what the database sees", async () => {
    expect(await health()).toMatchObject({
      status: 200,
      body: {
        status: "ok",
        database: {
          status: "ok",
          latency_ms: expect.any(Number),
          overdue_turns: expect.any(Number),
          unknown_sends: expect.any(Number),
          quarantined: expect.any(Number),
          parked: expect.any(Number),
          outbox_horizon_age_seconds: expect.any(Number),
        },
      },
    });
  });

  const counted = async (field: string) =>
    Number(((await health()).body["database"] as Record<string, unknown>)[field]);

  test("F47: counts a turn that is overdue", async () => {
    const before = await counted("overdue_turns");
    const conversation = await write(await openScene(), "Hello");
    await sql`update public.conversations set ai_due_at = now() - interval '2 minutes' where id = ${conversation}`;
    expect(await counted("overdue_turns")).toBe(before + 1);
  });

  test("counts what was quarantined", async () => {
    const before = await counted("quarantined");
    const { waba_id, customer } = await openScene();
    await post(
      bodyOf(entryOf({ phone_number_id: "999000111222", waba_id }, { messages: [textFrom(customer, "Hello")] })),
    );
    expect(await counted("quarantined")).toBe(before + 1);
  });

  test("is 503 without the database, and says nothing of how it is reached", async () => {
    await database("down");
    const { status, body } = await health();
    expect([status, body]).toMatchObject([503, { status: "degraded", database: { status: "unreachable" } }]);
    const { hostname, username, password, port } = new URL(env.DATABASE_URL);
    for (const part of [hostname, username, password, port]) expect(JSON.stringify(body)).not.toContain(part);
  });
});

describe("a request's id", () => {
  const idFor = async (given?: string) =>
    (await ask("/nothing-here", given === undefined ? {} : { headers: { "x-request-id": given } })).headers.get(
      "x-request-id",
    );

  test("is made by us", async () => {
    expect(await idFor()).toMatch(/^[0-9a-f-]{36}$/);
    expect(await idFor()).not.toBe(await idFor());
  });

  test("is kept when the caller gave a plain one", async () => {
    expect(await idFor("trace-0123456789")).toBe("trace-0123456789");
  });

  test.each(["short", "x".repeat(65), '"><script>alert(1)</script>', "line one two"])(
    "is not kept when it is %j",
    async (given) => {
      expect(await idFor(given)).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  test("stands in the body of a refusal as in its header", async () => {
    const response = await ask("/functions/v1/send-message", { method: "POST", body: "{}" });
    expect((await response.json<{ request_id: string }>()).request_id).toBe(response.headers.get("x-request-id"));
  });
});

test("what is not there is 404 with a code", async () => {
  const response = await ask("/nothing-here");
  expect([response.status, await response.json()]).toMatchObject([404, { code: "not_found" }]);
});

test("an environment without a secret is refused by every route, with the variable's name in one line", async () => {
  const errors = vi.spyOn(console, "error").mockImplementation(() => {});
  const incomplete = Object.assign({ ...env }, { META_APP_SECRET: undefined });
  for (const path of ["/health", "/webhooks/meta", "/functions/v1/send-message"]) {
    const response = await askWith(incomplete as unknown as Env, path);
    const body = await response.json<{ message: string }>();
    expect([response.status, body]).toMatchObject([
      500,
      { code: "internal", message: expect.stringContaining("META_APP_SECRET is missing") },
    ]);
    expect(body.message).not.toContain("\n");
  }
  expect(errors).toHaveBeenCalledTimes(3);
  errors.mockRestore();
});
