import * as z from "zod";
import { command } from "../command.ts";
import { contactView } from "../contact-view.ts";
import type { ContactView } from "../contact-view.ts";

export const mergeContacts = command({
  name: "merge-contacts",
  description:
    "Makes one contact of two who are the same person, for good: threads are united, and of two consents the stricter holds.",
  scope: "write",
  input: z.strictObject({
    contact_id: z.uuid().describe("The contact that stays."),
    merged_contact_id: z.uuid().describe("The contact that goes; its id leads to the other from now on."),
    reason: z.string().trim().min(1).max(500).optional(),
  }),
  output: contactView,
  example: {
    contact_id: "7d9f4c1e-2b64-4d38-9c58-0f6f0f0c8a11",
    merged_contact_id: "0f6f0f0c-8a11-4d38-9c58-7d9f4c1e2b64",
    reason: "same person, private phone",
  },
  run: (input, { call }) => call<ContactView>("merge_contacts_v1", input),
});
