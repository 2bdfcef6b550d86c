import * as z from "zod";
import { command } from "../command.ts";
import { named } from "../people-view.ts";

const output = z.object({ org_id: z.uuid(), business_id: z.uuid(), team_member_id: z.uuid() });

export const createOrganization = command({
  name: "create-organization",
  description: "Makes an organization with its first workspace. Whoever makes it, having signed in, owns it.",
  scope: "write",
  input: z.strictObject({ name: named, business_name: named.optional() }),
  output,
  example: { name: "Cedar Lane", business_name: "Cedar Lane Bakery" },
  run: (input, { call }) => call<z.input<typeof output>>("create_organization_v1", input),
});
