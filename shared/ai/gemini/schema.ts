import { SchemaType } from "@google/generative-ai";
import type { ResponseSchema } from "@google/generative-ai";
import type { Answer } from "../model.ts";

type AnswerProperties = Record<keyof Answer, ResponseSchema>;

const properties: AnswerProperties = {
  reply: { type: SchemaType.STRING, description: "What to say to the customer; empty unless action is reply" },
  action: { type: SchemaType.STRING, format: "enum", enum: ["reply", "none", "handoff"] },
  confidence: { type: SchemaType.INTEGER, description: "0 to 100" },
  grounding: { type: SchemaType.STRING, format: "enum", enum: ["given", "no_claim", "inferred"] },
  intent: { type: SchemaType.STRING, nullable: true },
  sentiment: { type: SchemaType.NUMBER, nullable: true, description: "-1 to 1" },
  language: { type: SchemaType.STRING, nullable: true, description: "BCP 47 tag" },
  needs_human: { type: SchemaType.BOOLEAN },
  needs_human_reason: { type: SchemaType.STRING, nullable: true },
};

/** `Answer` in the vendor's schema language. It guides the model; `answerSchema` is what decides. */
export const responseSchema: ResponseSchema = {
  type: SchemaType.OBJECT,
  properties,
  required: Object.keys(properties),
};
