import { createHmac } from "node:crypto";
import { meta } from "../../shared/channels/meta/index.ts";
import type { ProviderEvent } from "../../shared/channels/events.ts";

/** Which webhooks to build. Everything follows from these numbers, so that two processes build the same ones. */
export interface WebhookPlan {
  app_secret: string;
  phone_number_id: string;
  waba_id: string;
  /** Begins every message id, so that what was stored can be counted. */
  prefix: string;
  /** How many webhooks, and messages in each. */
  count: number;
  batch: number;
  /** Customers who write in turn, by number. */
  first_customer: number;
  customers: number;
  /** Unix seconds of the messages. */
  at: number;
}

export interface Webhook {
  bytes: Buffer;
  /** Value of `X-Hub-Signature-256`. */
  signature: string;
  /** The customer of the first message. */
  wa_id: string;
}

/** Signed bodies as Meta posts them, each with `batch` text messages of different people to one number. */
export function* buildWebhooks(plan: WebhookPlan): Generator<Webhook> {
  for (let n = 0; n < plan.count; n++) {
    const bytes = Buffer.from(JSON.stringify(bodyOf(plan, n * plan.batch)));
    const signature = `sha256=${createHmac("sha256", plan.app_secret).update(bytes).digest("hex")}`;
    yield { bytes, signature, wa_id: customer(plan, n * plan.batch) };
  }
}

/** The same webhooks as what ingest is given for them, for asking Postgres without the Worker. */
export async function buildEvents(plan: WebhookPlan): Promise<ProviderEvent[][]> {
  const batches: ProviderEvent[][] = [];
  for (let n = 0; n < plan.count; n++) batches.push(await meta.normalise(bodyOf(plan, n * plan.batch)));
  return batches;
}

/** A number of Germany's range for films and the like, told apart by its last eight digits. */
function customer({ first_customer, customers }: WebhookPlan, index: number): string {
  return `49${String(15_200_000_000 + first_customer + (index % customers))}`;
}

function bodyOf(plan: WebhookPlan, first: number) {
  const people = Array.from({ length: plan.batch }, (_, i) => customer(plan, first + i));
  return {
    object: "whatsapp_business_account",
    entry: [
      {
        id: plan.waba_id,
        changes: [
          {
            field: "messages",
            value: {
              messaging_product: "whatsapp",
              metadata: { display_phone_number: "15550783881", phone_number_id: plan.phone_number_id },
              contacts: people.map((wa_id) => ({ profile: { name: `Customer ${wa_id.slice(-4)}` }, wa_id })),
              messages: people.map((from, i) => ({
                from,
                id: `${plan.prefix}${first + i}`,
                timestamp: String(plan.at),
                type: "text",
                text: { body: "Hello, do you still have two of the walnut loaves for Saturday morning?" },
              })),
            },
          },
        ],
      },
    ],
  };
}
