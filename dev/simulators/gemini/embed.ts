import { createHash } from "node:crypto";
import { z } from "zod";
import { json } from "../server/http.ts";
import type { Call, Reply } from "../server/http.ts";
import { seededRandom } from "../server/random.ts";
import { geminiError } from "./errors.ts";
import { textOf } from "./generate-schema.ts";
import { unknownModel } from "./generate.ts";
import { servedModel } from "./models.ts";

const FULL = 3072;

const embedRequest = z.strictObject({
  model: z.string().optional(),
  content: z.strictObject({ role: z.string().optional(), parts: z.array(z.looseObject({ text: z.string() })).min(1) }),
  taskType: z.string().optional(),
  title: z.string().optional(),
  outputDimensionality: z.int().min(128).max(FULL).optional(),
});
const batchRequest = z.strictObject({ requests: z.array(embedRequest).min(1).max(100) });

/** The handlers of `:embedContent` and `:batchEmbedContents`. */
export function createEmbed({ clock }: { clock: () => number }) {
  function embed<T>(call: Call, schema: z.ZodType<T>, answer: (request: T, model: string) => unknown): Reply {
    const name = call.params[0] ?? "";
    const model = servedModel(name, "embedContent", clock());
    if (!model) return unknownModel(name, "embedContent");
    const parsed = schema.safeParse(call.body);
    if (!parsed.success) return geminiError("INVALID_ARGUMENT", parsed.error.issues[0]?.message ?? "Invalid value");
    return json(200, answer(parsed.data, model.name));
  }
  return {
    one: (call: Call) => embed(call, embedRequest, (request, model) => ({ embedding: vectorOf(request, model) })),
    batch: (call: Call) =>
      embed(call, batchRequest, ({ requests }, model) => ({
        embeddings: requests.map((request) => vectorOf(request, model)),
      })),
  };
}

function vectorOf(request: z.infer<typeof embedRequest>, model: string): { values: number[] } {
  return { values: embedText(textOf(request.content.parts), request.outputDimensionality ?? FULL, model) };
}

/**
 * A vector for a text: the same for the same words in any order, near for texts that share words. All 3072 dimensions
 * have unit length; fewer are a prefix of them and so have not. Models do not share a space.
 */
export function embedText(text: string, dimensions: number, model: string): number[] {
  const sum = new Float64Array(FULL);
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [""]) {
    const random = seededRandom(createHash("sha256").update(`${model} ${word}`).digest().readUInt32BE());
    for (let place = 0; place < FULL; place++) sum[place] = (sum[place] ?? 0) + random() - 0.5;
  }
  const length = Math.hypot(...sum);
  return Array.from(sum.subarray(0, dimensions), (value) => value / length);
}
