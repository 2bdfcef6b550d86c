import * as z from "zod";
import { ServiceError } from "../../../shared/errors.ts";
import { vectorText } from "../../../shared/meaning/catch-up.ts";
import { command } from "../command.ts";

const output = z.object({
  messages: z.array(
    z.object({
      message_id: z.uuid(),
      conversation_id: z.uuid(),
      contact_id: z.uuid(),
      contact_name: z.string().nullable(),
      business_id: z.uuid(),
      direction: z.enum(["inbound", "outbound"]),
      sender_type: z.enum(["contact", "ai", "agent"]),
      content: z.string(),
      sentiment: z.number().nullable(),
      created_at: z.string(),
      score: z.number().nullable().describe("Likeness in meaning, up to 1; null in a search by text."),
    }),
  ),
});
type Output = z.input<typeof output>;

export const searchMessages = command({
  name: "search-messages",
  description:
    "Finds messages by text, newest first (every word of the query occurs), or by meaning, nearest first. New messages are found by meaning within about a minute.",
  scope: "read",
  input: z.strictObject({
    query: z.string().trim().min(1).max(500),
    by: z.enum(["text", "meaning"]).default("text"),
    business_id: z.uuid().optional(),
    contact_id: z.uuid().optional(),
    conversation_id: z.uuid().optional(),
    limit: z.int().min(1).max(100).default(20),
  }),
  output,
  example: { query: "parcel never arrived", by: "meaning" },
  run: async ({ by, ...input }, { call, tools }) => {
    if (by === "text") return call<Output>("search_messages_v1", input);
    const embedded = await tools.embedder.embed([input.query], "query");
    if (embedded.outcome === "error") {
      throw new ServiceError(
        "unavailable",
        "The model that searches by meaning cannot be reached. Search by text, or try again in a moment.",
      );
    }
    const [vector = []] = embedded.vectors;
    return call<Output>("search_messages_v1", { ...input, model: embedded.model, vector: vectorText(vector) });
  },
});
