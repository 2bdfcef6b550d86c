import * as z from "zod";
import { command } from "../command.ts";
import { memberView } from "../people-view.ts";
import type { MemberView } from "../people-view.ts";

export const updateMember = command({
  name: "update-member",
  description: "Changes a member's role, switches the member off or on, or sets permissions. The last owner stays one.",
  scope: "admin",
  input: z.strictObject({
    team_member_id: z.uuid(),
    org_role: z.enum(["owner", "admin", "agent"]).nullable().optional(),
    active: z.boolean().optional(),
    permissions: z.record(z.string(), z.unknown()).optional(),
  }),
  output: memberView,
  example: { team_member_id: "0b0f7c55-7f5e-4ff5-8d9b-1b3a3f2a9f10", org_role: "admin" },
  run: (input, { call }) => call<MemberView>("update_member_v1", input),
});
