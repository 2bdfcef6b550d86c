import { env } from "cloudflare:workers";
import type { FaultInput } from "../../dev/simulators/server/fault-book.ts";
import type { Provider } from "../../dev/simulators/server/http.ts";
import type { RequestRecord } from "../../dev/simulators/server/request-log.ts";
import type { ScriptEntry } from "../../dev/simulators/gemini/script.ts";

/** Asks the simulators' control. */
async function control<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${env.SIMULATORS_URL}/_sim/${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  const answer = await response.json<T>();
  if (!response.ok) throw new Error(`${method} /_sim/${path}: ${JSON.stringify(answer)}`);
  return answer;
}

/** What the provider was asked so far, oldest first. */
export async function requests(provider: Provider): Promise<RequestRecord[]> {
  return (await control<{ requests: RequestRecord[] }>("GET", `requests?provider=${provider}`)).requests;
}

/** Puts answers in the model's mouth, one a call; the last one stays. */
export const modelSays = (...script: ScriptEntry[]) => control("POST", "model", script);

/** @returns a function that ends it */
export async function fault(given: FaultInput): Promise<() => Promise<unknown>> {
  const { id } = await control<{ id: number }>("POST", "faults", given);
  return () => control("DELETE", `faults/${id}`);
}

/** @param ms how much longer each request takes while it is slow */
export const database = (state: "up" | "down" | "slow", ms = 0) => control("POST", "postgres", { state, ms });

export const registerNumber = (number: {
  phone_number_id: string;
  display_phone_number: string;
  waba_id: string;
  access_token: string;
}) => control("POST", "numbers", number);

/** An account at the simulated Twilio, with one number. */
export const registerTwilioAccount = (account: { account_sid: string; auth_token: string; number: string }) =>
  control("POST", "accounts", { provider: "twilio", ...account });

/** An account at a provider whose customers each bring their own; what it answers with depends on the provider. */
export const registerAccount = <Account = Record<string, string>>(provider: "telnyx" | "ultravox", api_key: string) =>
  control<Account>("POST", "accounts", { provider, api_key });

/** Tells the simulated Meta that these customers wrote, so that it lets us answer them. Delivers to nobody. */
export const noteArrival = (body: object) => control("POST", "inbound", { provider: "meta", raw: body });

/** As after the start: built-in model, no faults, nothing asked yet, database up. */
export async function resetSimulators(): Promise<void> {
  await Promise.all([
    control("DELETE", "model"),
    control("DELETE", "faults"),
    control("DELETE", "requests"),
    database("up"),
  ]);
}
