import * as z from "zod";
import { command } from "../command.ts";
import { memberView, named } from "../people-view.ts";
import type { MemberView } from "../people-view.ts";

export const updateProfile = command({
  name: "update-profile",
  description:
    "Changes what a person says of itself in an organization: name, picture, settings, that it knows its way.",
  scope: "write",
  input: z.strictObject({
    org_id: z.uuid(),
    name: named.optional(),
    avatar_url: z.url({ protocol: /^https$/ }).optional(),
    settings: z.record(z.string(), z.unknown()).optional(),
    onboarding_completed: z.boolean().optional(),
  }),
  output: memberView,
  example: { org_id: "0b0f7c55-7f5e-4ff5-8d9b-1b3a3f2a9f10", onboarding_completed: true },
  run: (input, { call }) => call<MemberView>("update_profile_v1", input),
});
