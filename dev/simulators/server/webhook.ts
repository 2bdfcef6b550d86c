import type { FaultBook } from "./fault-book.ts";
import type { Provider } from "./http.ts";
import type { Timers } from "./timers.ts";

/** What came back from the worker; status 0 when no answer came, with the reason as the body. */
export interface WebhookAnswer {
  status: number;
  body: string;
}

/** The answers to a webhook that was delivered so many times at once: the first that was not welcome, and all statuses. */
export interface CopiesAnswer extends WebhookAnswer {
  statuses: number[];
}

/** Posts these exact bytes once. */
export async function postWebhook(
  url: URL | string,
  headers: Record<string, string>,
  bytes: string,
  timeout_ms: number,
): Promise<WebhookAnswer> {
  try {
    const signal = AbortSignal.timeout(timeout_ms);
    const response = await fetch(url, { method: "POST", headers, body: bytes, redirect: "manual", signal });
    return { status: response.status, body: await response.text() };
  } catch (error) {
    return { status: 0, body: error instanceof Error ? error.message : String(error) };
  }
}

export async function postCopies(copies: number, post: () => Promise<WebhookAnswer>): Promise<CopiesAnswer> {
  const answers = await Promise.all(Array.from({ length: copies }, post));
  const shown = answers.find(({ status }) => status < 200 || status > 299) ?? answers[0] ?? { status: 0, body: "" };
  return { ...shown, statuses: answers.map(({ status }) => status) };
}

/** One try, seen through the faults on `status`: a lost webhook, or an answer that the provider did not get to see. */
export async function throughFaults(
  provider: Provider,
  { faults, timers }: { faults: FaultBook; timers: Timers },
  post: () => Promise<WebhookAnswer>,
): Promise<WebhookAnswer> {
  const strikes = faults.strike(provider, ["status"], ["drop_request", "drop_response", "delay", "status"]);
  const find = (kind: string) => strikes.find((strike) => strike.kind === kind);
  const delay = find("delay");
  if (delay) await timers.sleep(Number(delay.value ?? 1000));
  if (find("drop_request")) return { status: 0, body: "lost on the way" };
  const answer = await post();
  if (find("drop_response")) return { status: 0, body: "the answer was lost" };
  const status = find("status");
  return status ? { ...answer, status: Number(status.value ?? 503) } : answer;
}
