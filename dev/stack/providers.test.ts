import { expect, test } from "vitest";
import { chooseProviders } from "./providers.ts";
import type { Secrets } from "./secrets.ts";

const SECRETS: Secrets = {
  created_at: 1_800_000_000,
  meta_app_secret: "kept app secret",
  meta_verify_token: "kept verify token",
  meta_access_token: "kept access token",
  gemini_api_key: "kept gemini key",
  twilio_account_sid: "kept account",
  twilio_auth_token: "kept auth token",
  telnyx_api_key: "kept telnyx key",
  ultravox_api_key: "kept ultravox key",
  vault_master_key: "vault",
  login_password: "login",
  jwt_secret: "jwt",
  auth_private_jwk: "{}",
  demo_api_key: "key",
  demo_password: "password",
};
const META = { META_APP_SECRET: "app", META_ACCESS_TOKEN: "token", META_PHONE_NUMBER_ID: "42" };
const choose = (env: Record<string, string>) => chooseProviders(env, SECRETS, "http://sim");

test("without keys both are simulated, with the secrets of the data folder", () => {
  const { meta, gemini } = choose({});
  expect(gemini).toEqual({ real: false, api_key: "kept gemini key", base_url: "http://sim" });
  expect(meta).toMatchObject({ real: false, app_secret: "kept app secret", graph_url: "http://sim/v25.0" });
  expect(meta.number.access_token).toBe("kept access token");
});

test("a Gemini key makes Gemini real and nothing else", () => {
  const { meta, gemini } = choose({ GEMINI_API_KEY: "key" });
  expect(gemini).toEqual({ real: true, api_key: "key", base_url: "https://generativelanguage.googleapis.com" });
  expect(meta.real).toBe(false);
});

test("Meta's three keys make Meta real and nothing else", () => {
  const { meta, gemini } = choose({ ...META, META_WABA_ID: "7" });
  expect(meta).toMatchObject({
    real: true,
    app_secret: "app",
    verify_token: "kept verify token",
    graph_url: "https://graph.facebook.com/v25.0",
    number: { phone_number_id: "42", waba_id: "7", access_token: "token" },
  });
  expect(gemini.real).toBe(false);
});

test.each(Object.keys(META))("two of Meta's keys without %s are refused by name", (name) => {
  expect(() => choose({ ...META, [name]: "" })).toThrow(`: ${name} missing`);
});
