import * as z from "zod";
import { CATEGORIES } from "../../shared/templates/template.ts";
import type { Answer, TemplateAccount } from "../../shared/channels/meta/templates.ts";
import type { GraphOptions } from "../../shared/channels/meta/index.ts";
import { ServiceError } from "../../shared/errors.ts";
import type { ErrorCode } from "../../shared/errors.ts";
import { unseal } from "../../shared/vault/seal.ts";
import type { Tools } from "../tools.ts";

/** A template as commands answer it. */
export const templateView = z.object({
  template_id: z.uuid(),
  business_id: z.uuid(),
  waba_id: z.string(),
  provider_template_id: z.string().nullable(),
  name: z.string(),
  language: z.string(),
  category: z.enum(CATEGORIES).describe("Meta's, which may differ from the one asked for."),
  status: z.string().describe("APPROVED can be sent; PENDING, REJECTED, PAUSED, DISABLED, DELETED and others cannot."),
  status_reason: z.string().nullable(),
  quality: z.enum(["GREEN", "YELLOW", "RED", "UNKNOWN"]).nullable(),
  parameter_format: z.enum(["POSITIONAL", "NAMED"]),
  components: z.array(z.record(z.string(), z.unknown())),
});
export type TemplateView = z.output<typeof templateView>;

export const templateComponents = z.array(z.record(z.string(), z.unknown())).min(1).max(10);
export const templateName = z.string().regex(/^[a-z0-9_]{1,512}$/, "a–z, 0–9 and _ only");
export const templateLanguage = z.string().regex(/^[a-z]{2,3}(_[A-Z][a-z]{3})?(_[A-Z]{2})?$/, "such as en or en_US");

/** The account whose templates are meant, its token sealed. */
export interface SealedAccount extends TemplateAccount {
  channel_id: string;
}

export const graphOf = ({ config }: Pick<Tools, "config">): GraphOptions => ({ graph_url: config.META_GRAPH_URL });

/** @throws ServiceError when the token cannot be opened */
export async function openAccount(
  { channel_id, waba_id, access_token }: SealedAccount,
  tools: Pick<Tools, "vault">,
): Promise<SealedAccount> {
  const place = { column: "channels.access_token", row: channel_id };
  const opened = await unseal(await tools.vault, place, access_token);
  if (opened === null) {
    throw new ServiceError("conflict", "This channel's access token cannot be opened. Store it again.", { channel_id });
  }
  return { channel_id, waba_id, access_token: opened };
}

const CODES: Record<"refused" | "later" | "auth" | "lost", ErrorCode> = {
  refused: "invalid_input",
  later: "too_many_requests",
  auth: "conflict",
  lost: "unavailable",
};

/** @throws ServiceError with Meta's reason; `lost` says what to do when nobody knows whether something has changed */
export function accepted<T>(answer: Answer<T>, lost: string): { ok: true } & T {
  if (answer.ok) return answer;
  const words = answer.kind === "lost" ? `${answer.reason} ${lost}` : answer.reason;
  throw new ServiceError(CODES[answer.kind], words, { provider: "meta", code: answer.code });
}
