import * as fc from "fast-check";
import { commands } from "../../workers/functions/registry.ts";
import type { Tenant } from "../factories/tenant.ts";
import type { Case } from "./case.ts";
import { like } from "./json.ts";

/** Ids that a caller may try: those of its own rows, those of another's, and those of nobody. */
export interface Ids {
  own: string[];
  others: string[];
}

const SENDABLE = [
  { content: "Hello" },
  { media: { type: "image", link: "https://example.com/a.jpg" }, content: "Look" },
  { media: { type: "document", id: "1", filename: "a.pdf" } },
  { template: { name: "order_ready", language: "en", components: [] } },
  { interactive: { type: "button", body: { text: "Well?" }, action: { buttons: [] } } },
  { reaction: { message_id: "wamid.0", emoji: "👍" } },
];

/** Every command's own example, and for `send-message` one of each content. */
const INPUTS = [...commands.values()].flatMap(({ name, example }) => {
  const own = [{ name, input: example as Record<string, unknown> }];
  if (name !== "send-message") return own;
  const { conversation_id } = example as Record<string, unknown>;
  return [...own, ...SENDABLE.map((content) => ({ name, input: { conversation_id, ...content } }))];
});

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Commands with inputs like those in the documentation, asked for by the tenant, or by nobody whom we know. */
export function commandCalls({ api_key }: Tenant, { own, others }: Ids): fc.Arbitrary<Case> {
  const id = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...own) },
    { weight: 3, arbitrary: fc.constantFrom(...others) },
    { weight: 1, arbitrary: fc.uuid() },
  );
  const key = fc.oneof(
    { weight: 8, arbitrary: fc.constant(api_key) },
    fc.constantFrom(
      "",
      "null",
      `${api_key}x`,
      api_key.toUpperCase(),
      `Bearer ${api_key}`,
      "12345678.00000000-0000-0000-0000-000000000000",
    ),
  );
  return fc
    .constantFrom(...INPUTS)
    .chain(({ name, input }) =>
      fc.tuple(fc.constant(name), like(fc.constant(input)), fc.array(id, { minLength: 4, maxLength: 4 }), key),
    )
    .map(([name, input, ids, apikey]) => {
      let n = 0;
      const text = JSON.stringify(input ?? null).replace(UUID, () => ids[n++ % ids.length] ?? "");
      const headers = { apikey, "content-type": "application/json" };
      return { method: "POST", path: `/functions/v1/${name}`, headers, bytes: Buffer.from(text) };
    });
}
