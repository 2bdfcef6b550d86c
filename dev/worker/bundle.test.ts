import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleWorker } from "./bundle.ts";

let cache: string;
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), "bundle-"));
});
afterAll(() => rm(cache, { recursive: true }));

test(
  "the bundle is one module with the settings of wrangler.toml, and is built once",
  { timeout: 60_000 },
  async () => {
    const first = await bundleWorker(cache);
    // Compared as a boolean: a failure must not print the whole bundle.
    expect(/export \{[^}]*\bConversation\b/.test(await readFile(first.script, "utf8"))).toBe(true);
    expect(first.settings).toMatchObject({
      name: "switchboard",
      compatibility_flags: ["nodejs_compat"],
      vars: { META_GRAPH_URL: "https://graph.facebook.com/v25.0" },
      crons: expect.arrayContaining(["* * * * *"]),
      durable_objects: expect.arrayContaining([{ binding: "CONVERSATION", class_name: "Conversation", sqlite: true }]),
      queues: { producers: expect.arrayContaining([{ binding: "CAMPAIGN_QUEUE", queue: "campaigns" }]) },
    });

    const built = await readdir(cache);
    expect(await bundleWorker(cache)).toEqual(first);
    expect(await readdir(cache)).toEqual(built);
  },
);
