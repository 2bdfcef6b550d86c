import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { ask, askWith } from "../test/support/worker.ts";

const DOORS = ["/rest/v1/contacts", "/auth/v1/settings", "/functions/v1/send-message"];

describe.each(DOORS)("%s", (path) => {
  test("a browser may ask from anywhere, with the headers of the client's library", async () => {
    const wanted = "apikey,authorization,content-profile,content-type,prefer,x-client-info,x-supabase-api-version";
    const response = await ask(path, {
      method: "OPTIONS",
      headers: {
        origin: "https://dashboard.example",
        "access-control-request-method": "PATCH",
        "access-control-request-headers": wanted,
      },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("access-control-allow-headers")).toBe(wanted);
    expect(response.headers.get("access-control-allow-methods")).toContain("PATCH");
  });

  test("or only from those that the configuration names", async () => {
    const asked = async (origin: string) => {
      const named = { ...env, CORS_ORIGINS: "https://a.example, https://b.example" };
      return (await askWith(named, path, { method: "OPTIONS", headers: { origin } })).headers;
    };
    expect((await asked("https://b.example")).get("access-control-allow-origin")).toBe("https://b.example");
    expect((await asked("https://c.example")).get("access-control-allow-origin")).toBeNull();
  });

  test("the answer may be read, and neither framed nor sniffed", async () => {
    const { headers } = await ask(path, { headers: { origin: "https://dashboard.example" } });
    expect(headers.get("access-control-allow-origin")).toBe("*");
    expect(headers.get("access-control-expose-headers")).toContain("content-range");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("strict-transport-security")).toContain("max-age");
  });

  test.each([
    ["a key", { apikey: "x" }, "KEY_LIMITER"],
    ["an address", { "cf-connecting-ip": "192.0.2.1" }, "ADDRESS_LIMITER"],
  ])(
    "%s that asks too often is told when to come back, and is not named to the limiter in clear",
    async (_, headers, name) => {
      const keys: string[] = [];
      const limit = async ({ key }: { key: string }) => ({ success: keys.push(key) < 0 });
      const response = await askWith({ ...env, [name]: { limit } }, path, { headers });
      expect([response.status, response.headers.get("retry-after")]).toEqual([429, "60"]);
      expect(await response.json()).toMatchObject({ code: "too_many_requests", request_id: expect.any(String) });
      expect(keys).toHaveLength(1);
      expect(keys).not.toContain("key:x");
    },
  );
});

test("webhooks are never limited: a provider would come back later and later", async () => {
  const limit = async () => ({ success: false });
  const response = await askWith({ ...env, KEY_LIMITER: { limit }, ADDRESS_LIMITER: { limit } }, "/webhooks/meta", {
    method: "POST",
    body: "{}",
    headers: { "cf-connecting-ip": "192.0.2.1" },
  });
  expect(response.status).toBe(401);
});
