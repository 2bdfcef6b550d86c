import * as z from "zod";
import { command } from "../command.ts";
import { memberView } from "../people-view.ts";
import type { MemberView } from "../people-view.ts";

export const removeMember = command({
  name: "remove-member",
  description:
    "Takes a person out of the organization. What the person had waits for somebody else; what was said stays.",
  scope: "admin",
  input: z.strictObject({ team_member_id: z.uuid() }),
  output: memberView,
  example: { team_member_id: "0b0f7c55-7f5e-4ff5-8d9b-1b3a3f2a9f10" },
  run: (input, { call }) => call<MemberView>("remove_member_v1", input),
});
