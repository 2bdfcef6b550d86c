import * as z from "zod";
import { CATEGORIES } from "../../templates/template.ts";
import { askProvider } from "../../http/ask-provider.ts";
import type { ProviderAnswer } from "../../http/ask-provider.ts";
import { classify } from "./errors.ts";
import type { GraphOptions } from "./graph.ts";

export interface TemplateAccount {
  waba_id: string;
  access_token: string;
}

/** A template as Meta lists it. */
export type ListedTemplate = z.infer<typeof listed>;

export type Answer<T> =
  | ({ ok: true } & T)
  /**
   * - `refused`: Meta says no, and would again
   * - `later`: too many calls, or a fault that passes
   * - `auth`: the token is dead
   * - `lost`: no answer that we understood: whether something has changed is not known
   */
  | { ok: false; kind: "refused" | "later" | "auth" | "lost"; code: string; reason: string };

const DEFAULT_URL = "https://graph.facebook.com/v25.0";
const DEFAULT_TIMEOUT_MS = 20_000;
/** A long template takes some 10 KB. */
const PAGE_SIZE = 50;
const FIELDS = "id,name,language,status,category,components,parameter_format,quality_score,rejected_reason";

const text = z.string().nullish().catch(null);
const listed = z.object({
  id: z.coerce.string(),
  name: z.string().regex(/^[a-z0-9_]{1,512}$/),
  language: z.string().min(1),
  status: z.string().toUpperCase(),
  category: z.string().toUpperCase().pipe(z.enum(CATEGORIES)),
  components: z.array(z.record(z.string(), z.unknown())).catch([]),
  parameter_format: z.enum(["POSITIONAL", "NAMED"]).catch("POSITIONAL"),
  quality_score: z
    .object({ score: z.enum(["GREEN", "YELLOW", "RED", "UNKNOWN"]) })
    .nullish()
    .catch(null),
  rejected_reason: text,
});
const page = z.object({
  data: z.array(z.unknown()),
  paging: z
    .object({ cursors: z.object({ after: z.string().optional() }).optional(), next: z.string().optional() })
    .optional(),
});
const made = z.object({
  id: z.coerce.string(),
  status: z.string().toUpperCase().catch("PENDING"),
  category: z.enum(CATEGORIES).optional().catch(undefined),
});
const done = z.object({ success: z.literal(true) });
const refused = z.object({
  error: z.object({
    code: z.number(),
    message: text,
    error_subcode: z.number().nullish().catch(null),
    is_transient: z.boolean().optional().catch(undefined),
    error_user_title: text,
    error_user_msg: text,
    error_data: z
      .union([z.string(), z.object({ details: text })])
      .nullish()
      .catch(null),
  }),
});

/**
 * One page of an account's templates (Meta, Business Management API, "Message templates"). What cannot be read of it is
 * left out and counted. @property after the next page's cursor; null on the last one, which has a cursor too
 */
export async function listTemplates(
  account: TemplateAccount,
  after: string | null,
  options: GraphOptions = {},
): Promise<Answer<{ templates: ListedTemplate[]; unreadable: number; after: string | null }>> {
  const query = new URLSearchParams({ fields: FIELDS, limit: String(PAGE_SIZE), ...(after !== null && { after }) });
  const answer = await ask(account, "GET", `${account.waba_id}/message_templates?${query}`, undefined, options);
  return read(answer, page, ({ data, paging }) => {
    const templates = data.flatMap((one) => listed.safeParse(one).data ?? []);
    const next = paging?.next === undefined ? null : (paging.cursors?.after ?? null);
    return { templates, unreadable: data.length - templates.length, after: next };
  });
}

/** Puts a new template before Meta's reviewers; `category` is Meta's, which may differ from the one asked for. */
export async function createTemplate(
  account: TemplateAccount,
  template: { name: string; language: string; category: string; parameter_format: string; components: unknown[] },
  options: GraphOptions = {},
): Promise<Answer<z.infer<typeof made>>> {
  const answer = await ask(account, "POST", `${account.waba_id}/message_templates`, template, options);
  return read(answer, made, (one) => one);
}

/** Changes one language of a template, which is then reviewed again. Meta allows it for approved, refused and paused ones. */
export async function editTemplate(
  account: TemplateAccount,
  provider_template_id: string,
  change: { category?: string | undefined; components?: unknown[] | undefined },
  options: GraphOptions = {},
): Promise<Answer<object>> {
  const answer = await ask(account, "POST", encodeURIComponent(provider_template_id), change, options);
  return read(answer, done, () => ({}));
}

/** Deletes one language of a template and no other: with the name alone Meta would delete them all. */
export async function deleteTemplate(
  account: TemplateAccount,
  { name, provider_template_id }: { name: string; provider_template_id: string },
  options: GraphOptions = {},
): Promise<Answer<object>> {
  const query = new URLSearchParams({ hsm_id: provider_template_id, name });
  const answer = await ask(account, "DELETE", `${account.waba_id}/message_templates?${query}`, undefined, options);
  return read(answer, done, () => ({}));
}

function ask(
  { access_token }: TemplateAccount,
  method: "GET" | "POST" | "DELETE",
  path: string,
  body: unknown,
  { graph_url = DEFAULT_URL, timeout_ms = DEFAULT_TIMEOUT_MS, fetch }: GraphOptions,
): Promise<ProviderAnswer> {
  const request = {
    method,
    url: `${graph_url}/${path}`,
    headers: { authorization: `Bearer ${access_token}` },
    secret: access_token,
    ...(body !== undefined && { body }),
  };
  return askProvider(request, { timeout_ms, ...(fetch && { fetch }) });
}

function read<T, Shape extends z.ZodType>(
  answer: ProviderAnswer,
  shape: Shape,
  take: (body: z.output<Shape>) => T,
): Answer<T> {
  if (!answer.answered)
    return { ok: false, kind: "lost", code: "no_answer", reason: `Meta did not answer: ${answer.reason}.` };
  const error = refused.safeParse(answer.body);
  if (error.success) return refusal(error.data.error, answer.status);
  const body = answer.status < 300 ? shape.safeParse(answer.body) : undefined;
  if (body?.success) return { ok: true, ...take(body.data) };
  const reason = `Meta answered with HTTP ${answer.status} and nothing that could be read.`;
  return { ok: false, kind: "lost", code: `http_${answer.status}`, reason };
}

function refusal(error: z.infer<typeof refused>["error"], http_status: number): Extract<Answer<never>, { ok: false }> {
  const { code, error_subcode, is_transient, error_user_title, error_user_msg, error_data, message } = error;
  const info = classify(code, { http_status, ...(is_transient !== undefined && { is_transient }) });
  const kind = info.class === "auth" ? "auth" : info.class.startsWith("retry") ? "later" : "refused";
  const details = typeof error_data === "string" ? error_data : error_data?.details;
  const words = [error_user_title, error_user_msg ?? details ?? message ?? info.title].filter(Boolean).join(": ");
  return {
    ok: false,
    kind,
    code: String(error_subcode ?? code),
    reason: `Meta says (${code}): ${words}`.slice(0, 500),
  };
}
