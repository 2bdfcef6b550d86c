import { createExecutionContext, createScheduledController, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { pulse } from "../../workers/cron/pulse.ts";
import worker from "../../workers/index.ts";

export const URL_OF_WORKER = "https://switchboard.test";

/** One request to the Worker; resolves when its answer and all work after the answer are done. */
export async function ask(path: string, init: RequestInit<IncomingRequestCfProperties> = {}): Promise<Response> {
  return askWith(env, path, init);
}

/** The same with another environment. */
export async function askWith(
  given: Env,
  path: string,
  init: RequestInit<IncomingRequestCfProperties> = {},
): Promise<Response> {
  const context = createExecutionContext();
  const request = new Request<unknown, IncomingRequestCfProperties>(URL_OF_WORKER + path, init);
  const response = await worker.fetch(request, given, context);
  await waitOnExecutionContext(context);
  return response;
}

/** The minute's sweep, in a system that is in use: one that has been idle for long may rest. */
export async function sweep(): Promise<void> {
  await pulse(env).beat();
  await cron("* * * * *");
}

/** A cron trigger that fires now. */
export async function cron(expression: string): Promise<void> {
  await worker.scheduled(createScheduledController({ cron: expression }), env);
}
