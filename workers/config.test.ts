import { describe, expect, test } from "vitest";
import { ConfigError, parseConfig } from "./config.ts";

const valid = {
  DATABASE_URL: "postgres://authenticator:secret@db.test/switchboard",
  META_APP_SECRET: "app-secret",
  META_VERIFY_TOKEN: "verify-token",
  GEMINI_API_KEY: "gemini-key",
  VAULT_MASTER_KEY: "master-key",
};

function refusal(env: Record<string, unknown>): string {
  try {
    parseConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error("it was accepted");
}

describe("parseConfig", () => {
  test("fills in what has a default", () => {
    expect(parseConfig(valid)).toMatchObject({
      ...valid,
      NEON_ENDPOINT: "",
      META_GRAPH_URL: "https://graph.facebook.com/v25.0",
      GEMINI_BASE_URL: "https://generativelanguage.googleapis.com",
      LOG_LEVEL: "info",
    });
  });

  test.each(Object.keys(valid))("names %s in one line when it is missing", (name) => {
    const message = refusal({ ...valid, [name]: undefined });
    expect(message).toMatch(new RegExp(`^Configuration: ${name} is missing\\.`));
    expect(message).not.toContain("\n");
  });

  test.each([
    ["DATABASE_URL", "mysql://db.test"],
    ["META_APP_SECRET", ""],
    ["META_GRAPH_URL", "graph"],
    ["GEMINI_BASE_URL", "gemini"],
    ["NEON_ENDPOINT", "somewhere"],
    ["LOG_LEVEL", "loud"],
    ["SUPABASE_SECRET_KEYS", "sb_secret_short"],
    ["SUPABASE_PUBLISHABLE_KEYS", "sb_secret_aaaaaaaaaaaaaaaaaaaaaaaa"],
  ])("names %s when it is %j", (name, value) => {
    expect(refusal({ ...valid, [name]: value })).toContain(name);
  });

  test("names everything that is wrong at once, and repeats no value", () => {
    const message = refusal({ ...valid, GEMINI_API_KEY: undefined, DATABASE_URL: "mysql://user:hunter2@db.test" });
    expect(message).toContain("GEMINI_API_KEY is missing");
    expect(message).toContain("DATABASE_URL must be a postgres:// address");
    expect(message).not.toContain("hunter2");
    expect(message).not.toContain("\n");
  });
});
