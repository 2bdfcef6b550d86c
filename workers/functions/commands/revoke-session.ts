import * as z from "zod";
import { command } from "../command.ts";

const output = z.object({ session_id: z.uuid(), revoked: z.literal(true) });

export const revokeSession = command({
  name: "revoke-session",
  description: "Signs the caller out on another device: its session cannot be renewed, and ends with its token.",
  scope: "write",
  input: z.strictObject({ session_id: z.uuid() }),
  output,
  example: { session_id: "7d9f4c1e-2b64-4d38-9c58-0f6f0f0c8a11" },
  run: (input, { call }) => call<z.input<typeof output>>("revoke_session_v1", input),
});
