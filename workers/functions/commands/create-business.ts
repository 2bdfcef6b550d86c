import * as z from "zod";
import { command } from "../command.ts";
import { named } from "../people-view.ts";

const output = z.object({ org_id: z.uuid(), business_id: z.uuid() });

export const createBusiness = command({
  name: "create-business",
  description: "Makes a further workspace in an organization.",
  scope: "admin",
  input: z.strictObject({ org_id: z.uuid(), name: named }),
  output,
  example: { org_id: "0b0f7c55-7f5e-4ff5-8d9b-1b3a3f2a9f10", name: "Harbour Street" },
  run: (input, { call }) => call<z.input<typeof output>>("create_business_v1", input),
});
