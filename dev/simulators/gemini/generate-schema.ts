import { z } from "zod";

const part = z.looseObject({ text: z.string().optional() });
const content = z.strictObject({ role: z.string().optional(), parts: z.array(part).min(1) });

/** Body of `:generateContent`. Strict where Google is: an unknown field is a 400 there. */
export const generateRequest = z.strictObject({
  contents: z.array(content).min(1),
  systemInstruction: z.union([content, z.strictObject({ parts: z.array(part) })]).optional(),
  generationConfig: z
    .strictObject({
      temperature: z.number().min(0).max(2).optional(),
      topP: z.number().min(0).max(1).optional(),
      topK: z.int().positive().optional(),
      seed: z.int().optional(),
      candidateCount: z.int().min(1).max(8).optional(),
      maxOutputTokens: z.int().positive().optional(),
      stopSequences: z.array(z.string()).max(5).optional(),
      presencePenalty: z.number().optional(),
      frequencyPenalty: z.number().optional(),
      responseMimeType: z.enum(["text/plain", "application/json", "text/x.enum"]).optional(),
      responseSchema: z.looseObject({ type: z.string() }).optional(),
      responseJsonSchema: z.looseObject({}).optional(),
      thinkingConfig: z
        .strictObject({
          thinkingBudget: z.int().min(-1).max(32_768).optional(),
          thinkingLevel: z.enum(["minimal", "low", "medium", "high", "MINIMAL", "LOW", "MEDIUM", "HIGH"]).optional(),
          includeThoughts: z.boolean().optional(),
        })
        .optional(),
    })
    .optional(),
  safetySettings: z.array(z.strictObject({ category: z.string(), threshold: z.string() })).optional(),
  tools: z.array(z.looseObject({})).optional(),
  toolConfig: z.looseObject({}).optional(),
  cachedContent: z.string().optional(),
  // Written by the SDK into the body of some calls; Google takes it.
  model: z.string().optional(),
});

export type GenerateRequest = z.infer<typeof generateRequest>;

/** The words of a content, without its thoughts. */
export function textOf(parts: { text?: string | undefined; thought?: unknown }[]): string {
  return parts
    .filter((each) => each.thought !== true)
    .map((each) => each.text ?? "")
    .join("\n");
}
