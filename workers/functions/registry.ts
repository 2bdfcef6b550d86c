import type { Command } from "./command.ts";
import { approveDraft } from "./commands/approve-draft.ts";
import { assignConversation } from "./commands/assign-conversation.ts";
import { markRead } from "./commands/mark-read.ts";
import { rejectDraft } from "./commands/reject-draft.ts";
import { reopenConversation } from "./commands/reopen-conversation.ts";
import { resolveConversation } from "./commands/resolve-conversation.ts";
import { sendMessage } from "./commands/send-message.ts";
import { setAi } from "./commands/set-ai.ts";

const all: Command[] = [
  sendMessage,
  approveDraft,
  rejectDraft,
  assignConversation,
  resolveConversation,
  reopenConversation,
  setAi,
  markRead,
];

/** Every command, by name. */
export const commands: ReadonlyMap<string, Command> = new Map(all.map((one) => [one.name, one]));
