import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Bundle } from "./bundle.ts";
import { startWorker, type RunningWorker } from "./run.ts";

// A Worker with the two things that must work: an object that remembers and rings, and a scheduled handler.
const SCRIPT = `
import { DurableObject } from "cloudflare:workers";
export class Clock extends DurableObject {
  async ring(in_ms) { await this.ctx.storage.setAlarm(Date.now() + in_ms); }
  async alarm() { await this.ctx.storage.put("rang", true); }
  async rang() { return (await this.ctx.storage.get("rang")) ?? false; }
}
let crons = [];
let read = [];
export default {
  async fetch(request, env) {
    if (new URL(request.url).pathname === "/crons") return Response.json(crons);
    if (new URL(request.url).pathname === "/send") await env.LETTERS.send("bad");
    if (new URL(request.url).pathname !== "/") return Response.json(read);
    return Response.json({ greeting: env.GREETING, rang: await env.CLOCK.getByName("one").rang() });
  },
  async queue({ queue, messages }) {
    for (const message of messages) {
      read.push(queue);
      if (queue === "letters") message.retry();
    }
  },
  async scheduled({ cron }) {
    if (cron === "broken") throw new Error("no");
    crons.push(cron);
  },
};`;

let directory: string;
let bundle: Bundle;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "worker-"));
  const script = join(directory, "index.js");
  await writeFile(script, SCRIPT);
  bundle = {
    script,
    settings: {
      name: "test",
      compatibility_date: "2026-10-20",
      compatibility_flags: ["nodejs_compat"],
      vars: { GREETING: "from wrangler.toml" },
      durable_objects: [{ binding: "CLOCK", class_name: "Clock", sqlite: true }],
      queues: {
        producers: [{ binding: "LETTERS", queue: "letters" }],
        consumers: [
          { queue: "letters", batch_timeout: 0, retries: 1, dead_letter_queue: "letters-dead" },
          { queue: "letters-dead", batch_timeout: 0 },
        ],
      },
      r2_buckets: [],
      crons: [],
    },
  };
});
afterAll(() => rm(directory, { recursive: true }));

async function using<T>(
  options: Partial<Parameters<typeof startWorker>[0]>,
  work: (worker: RunningWorker) => Promise<T>,
) {
  const worker = await startWorker({ bundle, bindings: {}, ...options });
  try {
    return await work(worker);
  } finally {
    await worker.stop();
  }
}
const read = async (url: string) => (await fetch(url)).json();

test("it answers over HTTP, and bindings win over the variables of wrangler.toml", async () => {
  expect(await using({}, ({ url }) => read(url))).toMatchObject({ greeting: "from wrangler.toml" });
  const bindings = { GREETING: "from the start" };
  expect(await using({ bindings }, ({ url }) => read(url))).toMatchObject({ greeting: "from the start" });
});

test("the scheduled handler runs with the cron it is given, and its failure is told", async () => {
  await using({}, async (worker) => {
    await worker.cron("17 3 * * *");
    expect(await read(`${worker.url}/crons`)).toEqual(["17 3 * * *"]);
    await expect(worker.cron("broken")).rejects.toThrow('the scheduled handler failed for "broken"');
  });
});

test("a message that its queue gives up reaches the reader of what was given up", async () => {
  await using({}, async ({ url }) => {
    await read(`${url}/send`);
    await expect.poll(() => read(`${url}/read`), { timeout: 5_000 }).toEqual(["letters", "letters", "letters-dead"]);
  });
});

test("an alarm set before the end rings after the next start on the same folder", async () => {
  const persist_dir = join(directory, "objects");
  await using({ persist_dir }, async (worker) => {
    const clock = await worker.object<{ ring(in_ms: number): Promise<void> }>("CLOCK", "one");
    await clock.ring(1_000);
    expect(await read(worker.url)).toMatchObject({ rang: false });
  });
  await using({ persist_dir }, async ({ url }) => {
    await expect.poll(() => read(url), { timeout: 5_000 }).toMatchObject({ rang: true });
  });
});

test("a port in use is told in one line", async () => {
  await using({}, async ({ url }) => {
    const port = Number(new URL(url).port);
    await expect(startWorker({ bundle, bindings: {}, port })).rejects.toThrow(`port ${port} is in use`);
  });
});

test("the signals of this process stay ours", async () => {
  const before = process.listenerCount("SIGTERM");
  await using({}, async () => expect(process.listenerCount("SIGTERM")).toBe(before));
});
