import * as z from "zod";
import { sha256Hex } from "../../../shared/crypto/digest.ts";
import { command } from "../command.ts";
import { memberView, named } from "../people-view.ts";
import type { MemberView } from "../people-view.ts";

export const acceptInvitation = command({
  name: "accept-invitation",
  description:
    "Joins the organization of an invitation: once, in time, and signed in with the address that was invited.",
  scope: "write",
  input: z.strictObject({ token: z.string().min(20).max(200), name: named.optional() }),
  output: memberView,
  example: { token: "the-token-of-the-invitation-link" },
  run: async ({ token, name }, { call }) =>
    call<MemberView>("accept_invitation_v1", { token_hash: await sha256Hex(token), name }),
});
