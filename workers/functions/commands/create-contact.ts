import * as z from "zod";
import { ServiceError } from "../../../shared/errors.ts";
import { contactAt, e164 } from "../../../shared/phone/e164.ts";
import { command } from "../command.ts";
import { contactView } from "../contact-view.ts";

const output = contactView.extend({ created: z.boolean().describe("False: the person was here already.") });

export const createContact = command({
  name: "create-contact",
  description:
    "Adds a person by phone number, or finds the one who has it, however it is written. What is known of the person is kept.",
  scope: "write",
  input: z.strictObject({
    business_id: z.uuid(),
    phone: z.string().trim().min(1).max(40).describe("With + and country code, or as dialled in `country`."),
    country: z
      .string()
      .regex(/^[A-Z]{2}$/, "two capital letters")
      .optional()
      .describe("ISO 3166 code of where a number without + is dialled."),
    platform: z.enum(["whatsapp", "sms", "voice"]).default("whatsapp"),
    name: z.string().trim().min(1).max(200).optional(),
    email: z.email().optional(),
    tags: z.array(z.string().trim().min(1).max(100)).max(50).default([]),
    notes: z.string().max(10_000).optional(),
  }),
  output,
  example: {
    business_id: "7d9f4c1e-2b64-4d38-9c58-0f6f0f0c8a11",
    phone: "+4915112345678",
    name: "Ana",
    tags: ["newsletter"],
  },
  run: ({ phone, country, ...rest }, { call }) => {
    const number = e164(phone, country);
    if (number === null) {
      throw new ServiceError(
        "invalid_input",
        country === undefined
          ? "This is not a phone number with + and country code."
          : `This is not a phone number that can be dialled in ${country}.`,
      );
    }
    return call<z.input<typeof output>>("create_contact_v1", { ...rest, ref: contactAt(number) });
  },
});
