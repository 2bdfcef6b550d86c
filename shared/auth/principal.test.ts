import { expect, test } from "vitest";
import { actingAs, sessionOf } from "./principal.ts";
import type { Principal } from "./principal.ts";

const user: Principal = { kind: "user", user_id: "u", claims: { sub: "u", role: "authenticated" }, expires_at: 1 };
const key: Principal = { kind: "api_key", key_hash: "k" };

test.each<[Principal, string]>([
  [{ kind: "anon" }, "anon"],
  [user, "authenticated"],
  [key, "authenticated"],
  [{ kind: "service" }, "service_role"],
])("%o meets tables as %s, never as the Worker", (principal, role) => {
  expect(sessionOf(principal, "read").role).toBe(role);
});

test.each<[Principal, object]>([
  [{ kind: "anon" }, { role: "anon" }],
  [user, { sub: "u", role: "authenticated" }],
  [{ kind: "service" }, { role: "service_role" }],
])("our functions act for %o with its own claims", (principal, claims) => {
  expect(actingAs(principal, "write")).toEqual({ role: "switchboard_worker", claims });
});

test("a key is held to the scope asked for, at both doors", () => {
  expect(sessionOf(key, "read")).toEqual({ key_hash: "k", scope: "read", role: "authenticated" });
  expect(actingAs(key, "admin")).toEqual({ key_hash: "k", scope: "admin", role: "switchboard_worker" });
});
