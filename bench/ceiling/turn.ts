import type { Exec } from "../../shared/db/exec.ts";

export interface BareTurn {
  /** The webhook's body. */
  body: Uint8Array;
  /** Unix milliseconds of the first statement: when the reply was due. */
  due_at: string;
  exec: Exec;
  env: { META_GRAPH_URL: string; GEMINI_BASE_URL: string };
}

const TRIVIAL = [{ text: "select 1" }];

/** The calls of one turn in their order: begin; typing and model; commit; send; record. Each without content. */
export async function bareTurn({ body, due_at, exec, env }: BareTurn): Promise<void> {
  const to = /"from":"(\d+)"/.exec(new TextDecoder().decode(body))?.[1];
  const messages = `${env.META_GRAPH_URL}/1/messages`;
  const model = `${env.GEMINI_BASE_URL}/v1beta/models/gemini-2.5-flash:generateContent`;
  await exec({ role: "switchboard_worker" }, TRIVIAL);
  await Promise.all([post(messages, { status: "read" }), post(model, { contents: [] })]);
  await exec({ role: "switchboard_worker" }, TRIVIAL);
  await post(messages, { to, biz_opaque_callback_data: due_at });
  await exec({ role: "switchboard_worker" }, TRIVIAL);
}

async function post(url: string, body: unknown): Promise<void> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  await response.text();
}
