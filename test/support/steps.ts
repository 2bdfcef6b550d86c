import { env } from "cloudflare:workers";
import { vi } from "vitest";

/** What a `fetch` of the Worker under test is for. */
export type Step = "sql" | "model" | "meta";

/**
 * Does `around` at every outgoing request while `work` runs. `around` gets the step, its number from 1, and the request
 * to make; what it returns is the answer.
 */
export async function withSteps<T>(
  around: (step: Step, number: number, go: () => Promise<Response>) => Promise<Response>,
  work: () => Promise<T>,
): Promise<T> {
  const real = globalThis.fetch;
  let number = 0;
  const spy = vi.spyOn(globalThis, "fetch").mockImplementation((input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    if (url.includes("/_sim/")) return real(input, init);
    number += 1;
    return around(stepOf(url), number, () => real(input, init));
  });
  try {
    return await work();
  } finally {
    spy.mockRestore();
  }
}

/** The requests that `work` makes to the outside, in their order. */
export async function stepsOf(work: () => Promise<unknown>): Promise<Step[]> {
  const steps: Step[] = [];
  await withSteps((step, _, go) => {
    steps.push(step);
    return go();
  }, work);
  return steps;
}

function stepOf(url: string): Step {
  if (url.startsWith(env.NEON_ENDPOINT)) return "sql";
  return url.includes(":generateContent") ? "model" : "meta";
}
