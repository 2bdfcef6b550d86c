import type { Command } from "./command.ts";
import { approveDraft } from "./commands/approve-draft.ts";
import { assignConversation } from "./commands/assign-conversation.ts";
import { explainMessage } from "./commands/explain-message.ts";
import { listAlerts } from "./commands/list-alerts.ts";
import { listUnknownSends } from "./commands/list-unknown-sends.ts";
import { markRead } from "./commands/mark-read.ts";
import { mayISend } from "./commands/may-i-send.ts";
import { rejectDraft } from "./commands/reject-draft.ts";
import { reopenConversation } from "./commands/reopen-conversation.ts";
import { resolveAlert } from "./commands/resolve-alert.ts";
import { resolveConversation } from "./commands/resolve-conversation.ts";
import { sendMessage } from "./commands/send-message.ts";
import { setAi } from "./commands/set-ai.ts";
import { settleSend } from "./commands/settle-send.ts";

const all: Command[] = [
  sendMessage,
  approveDraft,
  rejectDraft,
  assignConversation,
  resolveConversation,
  reopenConversation,
  setAi,
  markRead,
  mayISend,
  explainMessage,
  listUnknownSends,
  settleSend,
  listAlerts,
  resolveAlert,
];

/** Every command, by name. */
export const commands: ReadonlyMap<string, Command> = new Map(all.map((one) => [one.name, one]));
