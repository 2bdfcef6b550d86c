import * as z from "zod";
import { command } from "../command.ts";

const output = z.object({
  sessions: z.array(
    z.object({
      session_id: z.uuid(),
      created_at: z.string(),
      refreshed_at: z.string().nullable(),
      user_agent: z.string().nullable(),
      ip: z.string().nullable(),
      current: z.boolean().nullable(),
    }),
  ),
});

export const listSessions = command({
  name: "list-sessions",
  description: "Where the caller is signed in, the newest first.",
  scope: "read",
  input: z.strictObject({}),
  output,
  example: {},
  run: (input, { call }) => call<z.input<typeof output>>("list_sessions_v1", input),
});
