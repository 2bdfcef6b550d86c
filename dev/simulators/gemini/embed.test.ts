import { GoogleGenerativeAI } from "@google/generative-ai";
import type { EmbedContentRequest } from "@google/generative-ai";
import { expect, test } from "vitest";
import { API_KEY, startRig } from "../rig.ts";
import { embedText } from "./embed.ts";

const MODEL = "gemini-embedding-001";
const length = (vector: number[]) => Math.hypot(...vector);
const dot = (a: number[], b: number[]) => a.reduce((sum, value, place) => sum + value * (b[place] ?? 0), 0);

test("only all 3072 dimensions have unit length; fewer are their beginning", () => {
  const whole = embedText("red mug", 3072, MODEL);
  const part = embedText("red mug", 1536, MODEL);
  expect(length(whole)).toBeCloseTo(1, 10);
  expect(part).toEqual(whole.slice(0, 1536));
  expect(length(part)).toBeLessThan(0.9);
});

test("texts that share words are near, others are not, and models do not share a space", () => {
  const mug = embedText("a red mug", 3072, MODEL);
  expect(dot(mug, embedText("red mug", 3072, MODEL))).toBeGreaterThan(0.7);
  expect(Math.abs(dot(mug, embedText("opening hours", 3072, MODEL)))).toBeLessThan(0.2);
  expect(Math.abs(dot(mug, embedText("a red mug", 3072, "gemini-embedding-2")))).toBeLessThan(0.2);
});

test("the SDK gets the dimension that it asks for, one by one and in a batch", async () => {
  const rig = await startRig();
  const client = new GoogleGenerativeAI(API_KEY).getGenerativeModel({ model: MODEL }, { baseUrl: rig.simulators.url });
  const content = { role: "user", parts: [{ text: "red mug" }] };
  // The SDK's types are older than the setting; it passes through.
  const request = { content, outputDimensionality: 1536 } as EmbedContentRequest;
  const one = await client.embedContent(request);
  const batch = await client.batchEmbedContents({ requests: [request, request] });
  await rig.close();
  expect(one.embedding.values).toHaveLength(1536);
  expect(batch.embeddings.map((each) => each.values)).toEqual([one.embedding.values, one.embedding.values]);
});
