import type { BusinessNumber } from "./numbers.ts";
import { digits } from "./numbers.ts";
import type { Person } from "./people.ts";

/** A webhook body of one entry with one change, in Meta's envelope. */
export function envelope(number: BusinessNumber, value: Record<string, unknown>, field = "messages"): unknown {
  return {
    object: "whatsapp_business_account",
    entry: [
      {
        id: number.waba_id,
        changes: [
          {
            value: {
              messaging_product: "whatsapp",
              metadata: {
                display_phone_number: digits(number.display_phone_number),
                phone_number_id: number.phone_number_id,
              },
              ...value,
            },
            field,
          },
        ],
      },
    ],
  };
}

/** How a person appears under `contacts`. */
export function contactOf(person: Person): Record<string, unknown> {
  return {
    profile: { name: person.name },
    ...(person.wa_id !== null && { wa_id: person.wa_id }),
    user_id: person.user_id,
  };
}
