import * as z from "zod";
import { command } from "../command.ts";
import { invitationView } from "../people-view.ts";
import type { InvitationView } from "../people-view.ts";

export const revokeInvitation = command({
  name: "revoke-invitation",
  description: "Withdraws an invitation that nobody has accepted yet.",
  scope: "admin",
  input: z.strictObject({ invitation_id: z.uuid() }),
  output: invitationView,
  example: { invitation_id: "7d9f4c1e-2b64-4d38-9c58-0f6f0f0c8a11" },
  run: (input, { call }) => call<InvitationView>("revoke_invitation_v1", input),
});
