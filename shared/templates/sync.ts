import { listTemplates } from "../channels/meta/templates.ts";
import type { ListedTemplate, TemplateAccount } from "../channels/meta/templates.ts";
import type { GraphOptions } from "../channels/meta/index.ts";
import { call } from "../db/call.ts";
import type { Exec } from "../db/exec.ts";

export interface SyncTools {
  exec: Exec;
  now: () => number;
  meta: GraphOptions;
}

export type Synced =
  | { ok: true; templates: number; deleted: number; unreadable: number }
  | { ok: false; kind: "refused" | "later" | "auth" | "lost"; reason: string };

/** 6,000 templates, the most that an account may have, take 120 pages; a list that goes on is no list. */
const MAX_PAGES = 200;

/**
 * Reads an account's whole list from Meta, page by page, into the catalogue. Only a list that was read to its end says what
 * is there no more; one that breaks off leaves what it has told, and is read again.
 */
export async function syncTemplates(
  { channel_id, ...account }: TemplateAccount & { channel_id: string },
  { exec, now, meta }: SyncTools,
): Promise<Synced> {
  const started_at = now();
  const end = (error?: string) =>
    call<{ templates: number; deleted: number }>(exec, "end_template_sync_v1", {
      channel_id,
      started_at,
      error,
      unreadable,
    });
  let unreadable = 0;
  let after: string | null = null;
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const fetched_at = now();
    const page: Awaited<ReturnType<typeof listTemplates>> = await listTemplates(account, after, meta);
    if (!page.ok) {
      await end(page.reason);
      return { ok: false, kind: page.kind, reason: page.reason };
    }
    unreadable += page.unreadable;
    await storeTemplates(exec, { channel_id, fetched_at, templates: page.templates });
    if (page.after === null) return { ok: true, unreadable, ...(await end()) };
    after = page.after;
  }
  const reason = `The list had not ended after ${MAX_PAGES} pages.`;
  await end(reason);
  return { ok: false, kind: "lost", reason };
}

/** Writes down what Meta has said of templates. @returns their ids here, in no order */
export async function storeTemplates(
  exec: Exec,
  { templates, ...rest }: { channel_id: string; fetched_at: number; templates: ListedTemplate[] },
): Promise<string[]> {
  if (templates.length === 0) return [];
  const rows = templates.map(({ quality_score, rejected_reason, ...one }) => ({
    ...one,
    quality: quality_score?.score,
    reason: rejected_reason === "NONE" ? null : rejected_reason,
  }));
  return (await call<{ template_ids: string[] }>(exec, "store_templates_v1", { ...rest, templates: rows }))
    .template_ids;
}
