import type { EmbedContentRequest } from "@google/generative-ai";
import * as z from "zod";
import { EMBEDDING_DIMENSIONS, unit } from "../embedder.ts";
import type { Embedded, Embedder } from "../embedder.ts";
import { clip } from "../text.ts";
import { modelOf, within } from "./client.ts";
import type { Client } from "./client.ts";
import { classifyFailure } from "./failure.ts";

/** Its successor gemini-embedding-2 has another space: changing this means embedding everything again. */
const MODEL = "gemini-embedding-001";
/** The model reads 2048 tokens; what is cut would not be read. */
const TEXT_LIMIT = 8_000;
const TIMEOUT_MS = 15_000;
const TASKS = { document: "RETRIEVAL_DOCUMENT", query: "RETRIEVAL_QUERY" };

const answer = z.object({
  embeddings: z.array(z.object({ values: z.array(z.number()).length(EMBEDDING_DIMENSIONS) })),
});

/** Gemini's embeddings. Only all 3072 dimensions come with unit length, so ours are given it here. */
export function createGeminiEmbedder(client: Client): Embedder {
  return {
    async embed(texts, task) {
      try {
        const requests = texts.map((text) => ({
          content: { role: "user", parts: [{ text: clip(text, TEXT_LIMIT) }] },
          taskType: TASKS[task],
          // the SDK's types are older than the setting; it passes through
          outputDimensionality: EMBEDDING_DIMENSIONS,
        })) as EmbedContentRequest[];
        const raw = await within(TIMEOUT_MS, (signal) =>
          modelOf(client, MODEL).batchEmbedContents({ requests }, { signal }),
        );
        return read(raw, texts.length);
      } catch (error) {
        const { code, message } = classifyFailure(error, client.api_key);
        return { outcome: "error", code, message };
      }
    },
  };
}

function read(raw: unknown, count: number): Embedded {
  const vectors = (answer.safeParse(raw).data?.embeddings ?? []).map(({ values }) => unit(values));
  const whole = vectors.filter((vector) => vector !== null);
  if (whole.length !== count) {
    return { outcome: "error", code: "BAD_RESPONSE", message: "The model did not give one vector for each text." };
  }
  return { outcome: "vectors", model: MODEL, vectors: whole };
}
