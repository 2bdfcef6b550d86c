import type { Rule } from "./rule.ts";
import { visitSources } from "./rule.ts";

/** Words that only a provider's own JSON uses: Meta's webhooks and sends, Gemini's calls. */
const FIELDS = new Set([
  "messaging_product",
  "recipient_type",
  "biz_opaque_callback_data",
  "statuses",
  "message_echoes",
  "hub.challenge",
  "hub.verify_token",
  "generationConfig",
  "systemInstruction",
  "responseSchema",
  "usageMetadata",
  "finishReason",
]);
const PAYLOAD = /(^|\/)channels\/[\w-]+\/payload(\.ts)?$/;

const say = (name: string) => `No provider JSON in workers/: ${name} belongs to the provider's folder in shared/.`;

/** `workers/` sees our own events and outcomes; what a provider calls things stays in that provider's folder of `shared/`. */
export const noProviderJson: Rule = {
  create(context) {
    return {
      ...visitSources((source, node) => {
        if (PAYLOAD.test(source)) context.report({ node, message: say(source) });
      }),
      Identifier(node) {
        if (FIELDS.has(node.name)) context.report({ node, message: say(node.name) });
      },
      Literal(node) {
        if (typeof node.value === "string" && FIELDS.has(node.value))
          context.report({ node, message: say(node.value) });
      },
    };
  },
};
