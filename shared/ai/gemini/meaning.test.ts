import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { API_KEY, startRig } from "../../../dev/simulators/rig.ts";
import type { Rig } from "../../../dev/simulators/rig.ts";
import { createGeminiEmbedder } from "./embed.ts";
import { createGeminiRater } from "./rate.ts";

let rig: Rig;
beforeAll(async () => void (rig = await startRig()));
afterAll(() => rig.close());
beforeEach(async () => {
  await rig.call("DELETE", "/_sim/faults");
  await rig.call("DELETE", "/_sim/model");
});

const client = (api_key = API_KEY) => ({ api_key, base_url: `${rig.simulators.url}/`, now: Date.now });
const away = () =>
  rig.call("POST", "/_sim/faults", { provider: "gemini", operation: "model", kind: "status", value: 503 });
const dot = (a: number[] = [], b: number[] = []) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

describe("the embedder", () => {
  test("gives one vector of 1536 numbers and unit length a text, near where texts share words", async () => {
    const embedded = await createGeminiEmbedder(client()).embed(["a red mug", "red mug", "opening hours"], "document");
    if (embedded.outcome !== "vectors") throw new Error(embedded.message);
    const [mug, same, other] = embedded.vectors;
    expect(embedded.vectors.map(({ length }) => length)).toEqual([1536, 1536, 1536]);
    for (const vector of embedded.vectors) expect(dot(vector, vector)).toBeCloseTo(1, 9);
    expect(dot(mug, same)).toBeGreaterThan(0.7);
    expect(Math.abs(dot(mug, other))).toBeLessThan(0.2);
    expect(embedded.model).toBe("gemini-embedding-001");
  });

  test("a vendor that is away, or refuses the key, is an error without the key in it", async () => {
    await away();
    expect(await createGeminiEmbedder(client()).embed(["a"], "query")).toMatchObject({
      outcome: "error",
      code: "UNAVAILABLE",
    });
    await rig.call("DELETE", "/_sim/faults");
    const refused = await createGeminiEmbedder(client("wrong-key-1234")).embed(["a"], "query");
    expect(refused).toMatchObject({ outcome: "error" });
    expect(JSON.stringify(refused)).not.toContain("wrong-key-1234");
  });
});

describe("the rater", () => {
  test("rates each text in its order, and leaves what the model was told to answer customers alone", async () => {
    await rig.call("POST", "/_sim/model", { reply: "Hello!", confidence: 90, times: 1 });
    const rated = await createGeminiRater(client()).rate(["This is terrible, a scam", "When do you open?"]);
    expect(rated).toMatchObject({ outcome: "ratings", ratings: [-0.8, 0.1], served_model: "gemini-2.5-flash-lite" });
    if (rated.outcome === "ratings") expect(rated.usage.cost_micro_usd).toBeGreaterThan(0);
  });

  test("a vendor that is away is an error", async () => {
    await away();
    expect(await createGeminiRater(client()).rate(["Hello"])).toMatchObject({ outcome: "error", code: "UNAVAILABLE" });
  });
});
