import * as z from "zod";
import { command } from "../command.ts";
import { memberView, WORKSPACE_ROLES } from "../people-view.ts";
import type { MemberView } from "../people-view.ts";

export const assignMember = command({
  name: "assign-member",
  description: "Gives a member a role in one workspace; null takes the member out of it.",
  scope: "admin",
  input: z.strictObject({
    team_member_id: z.uuid(),
    business_id: z.uuid(),
    role: z.enum(WORKSPACE_ROLES).nullable(),
  }),
  output: memberView,
  example: {
    team_member_id: "0b0f7c55-7f5e-4ff5-8d9b-1b3a3f2a9f10",
    business_id: "7d9f4c1e-2b64-4d38-9c58-0f6f0f0c8a11",
    role: "agent",
  },
  run: (input, { call }) => call<MemberView>("assign_member_v1", input),
});
