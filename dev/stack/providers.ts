import type { Secrets } from "./secrets.ts";

/** The WhatsApp number that the demo's channel stands for. */
export interface DemoNumber {
  phone_number_id: string;
  phone_number: string;
  waba_id: string;
  access_token: string;
}

export interface Providers {
  meta: { real: boolean; number: DemoNumber; app_secret: string; verify_token: string; graph_url: string };
  gemini: { real: boolean; api_key: string; base_url: string };
  /** Their accounts are the organizations' own, so that an address is all that there is to choose. */
  twilio: { url: string };
  telnyx: { url: string };
  ultravox: { url: string };
}

export type Environment = Readonly<Record<string, string | undefined>>;

const META_KEYS = ["META_APP_SECRET", "META_ACCESS_TOKEN", "META_PHONE_NUMBER_ID"] as const;

/** On the simulated platform. The number is one that Ofcom reserves for fiction. */
const SIMULATED = { phone_number_id: "100000000000001", phone_number: "+447700900001", waba_id: "200000000000001" };

/**
 * Which providers are real: each one whose keys are in the environment. The others are simulated.
 * @param simulators base URL of the simulators
 * @throws one line when only some of Meta's three keys are set.
 */
export function chooseProviders(env: Environment, secrets: Secrets, simulators: string): Providers {
  return {
    meta: chooseMeta(env, secrets, simulators),
    gemini: chooseGemini(env, secrets, simulators),
    twilio: { url: env["TWILIO_API_URL"] ?? `${simulators}/2010-04-01` },
    telnyx: { url: env["TELNYX_API_URL"] ?? `${simulators}/v2` },
    ultravox: { url: env["ULTRAVOX_API_URL"] ?? `${simulators}/api` },
  };
}

function chooseMeta(env: Environment, secrets: Secrets, simulators: string): Providers["meta"] {
  const missing = META_KEYS.filter((name) => !env[name]);
  if (missing.length > 0 && missing.length < META_KEYS.length) {
    throw new Error(`a real Meta app needs ${META_KEYS.join(", ")}: ${missing.join(" and ")} missing`);
  }
  if (missing.length > 0) {
    return {
      real: false,
      number: { ...SIMULATED, access_token: secrets.meta_access_token },
      app_secret: secrets.meta_app_secret,
      verify_token: secrets.meta_verify_token,
      graph_url: `${simulators}/v25.0`,
    };
  }
  const [app_secret = "", access_token = "", phone_number_id = ""] = META_KEYS.map((name) => env[name]);
  return {
    real: true,
    number: {
      phone_number_id,
      phone_number: env["META_PHONE_NUMBER"] ?? "",
      waba_id: env["META_WABA_ID"] ?? "",
      access_token,
    },
    app_secret,
    verify_token: env["META_VERIFY_TOKEN"] ?? secrets.meta_verify_token,
    graph_url: env["META_GRAPH_URL"] ?? "https://graph.facebook.com/v25.0",
  };
}

function chooseGemini(env: Environment, secrets: Secrets, simulators: string): Providers["gemini"] {
  const key = env["GEMINI_API_KEY"];
  if (!key) return { real: false, api_key: secrets.gemini_api_key, base_url: simulators };
  return {
    real: true,
    api_key: key,
    base_url: env["GEMINI_BASE_URL"] ?? "https://generativelanguage.googleapis.com",
  };
}
