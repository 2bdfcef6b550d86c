import * as z from "zod";
import { newSecret } from "../../../shared/crypto/secret.ts";
import { sha256Hex } from "../../../shared/crypto/digest.ts";
import { command } from "../command.ts";
import { assignments, invitationView } from "../people-view.ts";
import type { InvitationView } from "../people-view.ts";

export const inviteMember = command({
  name: "invite-member",
  description:
    "Invites a person by mail address, for seven days. The token is shown this once: put it into the link that you send.",
  scope: "admin",
  input: z.strictObject({
    org_id: z.uuid(),
    email: z.email().max(255),
    role: z
      .enum(["admin", "agent"])
      .nullable()
      .default("agent")
      .describe("null: a client's own user, with nothing but the assignments."),
    assignments: assignments.default([]),
  }),
  output: invitationView.extend({ token: z.string() }),
  example: { org_id: "0b0f7c55-7f5e-4ff5-8d9b-1b3a3f2a9f10", email: "ann@example.com", role: "agent" },
  run: async (input, { call }) => {
    const token = newSecret();
    const token_hash = await sha256Hex(token);
    return { ...(await call<InvitationView>("invite_member_v1", { ...input, token_hash })), token };
  },
});
