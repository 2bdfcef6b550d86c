import { call } from "../../shared/db/call.ts";
import { describeError } from "../../shared/log.ts";
import { syncTemplates } from "../../shared/templates/sync.ts";
import { graphOf, openAccount } from "../functions/template-view.ts";
import type { SealedAccount } from "../functions/template-view.ts";
import type { Tools } from "../tools.ts";

interface Due {
  accounts: SealedAccount[];
  next_due_in_ms: number | null;
}

/** The next trigger goes on with the rest. */
const LIMIT = 20;

/**
 * Reads the lists of accounts that are due: those of which Meta has told something that only the list shows, and with `all`
 * every one. An account that cannot be read is tried again later and holds nobody up.
 */
export async function refreshTemplates(
  tools: Tools,
  all = false,
): Promise<{ read: number; next_due_in_ms: number | null }> {
  const { exec, log } = tools;
  try {
    const { accounts, next_due_in_ms } = await call<Due>(exec, "template_syncs_due_v1", { limit: LIMIT, all });
    for (const account of accounts) await refreshOne(account, tools);
    return { read: accounts.length, next_due_in_ms: accounts.length === LIMIT ? 0 : next_due_in_ms };
  } catch (error) {
    log("error", "cron.templates_failed", { error: describeError(error) });
    return { read: 0, next_due_in_ms: null };
  }
}

async function refreshOne(account: SealedAccount, tools: Tools): Promise<void> {
  const { channel_id } = account;
  try {
    const synced = await syncTemplates(await openAccount(account, tools), { ...tools, meta: graphOf(tools) });
    if (!synced.ok) tools.log("warn", "templates.not_read", { channel_id, kind: synced.kind });
  } catch (error) {
    tools.log("error", "templates.sync_failed", { channel_id, error: describeError(error) });
  }
}
