import * as z from "zod";
import { askProvider } from "../../http/ask-provider.ts";
import type { AskOptions } from "../../http/ask-provider.ts";
import { refused, unknown } from "../key-check.ts";
import type { KeyCheck } from "../key-check.ts";

export interface UltravoxAccess extends AskOptions {
  /** Base URL, such as `https://api.ultravox.ai/api`. */
  ultravox_url: string;
  api_key: string;
}

export interface UltravoxAccount {
  account_id: string;
  name: string;
}

const account = z.object({ accountId: z.string(), name: z.string().default("") });

/** Whose key it is, by asking Ultravox. */
export async function checkUltravoxKey({
  ultravox_url,
  api_key,
  ...options
}: UltravoxAccess): Promise<KeyCheck<UltravoxAccount>> {
  const url = `${ultravox_url}/accounts/me`;
  const headers = { "x-api-key": api_key };
  const answer = await askProvider({ method: "GET", url, headers, secret: api_key }, options);
  if (!answer.answered) return unknown(`Ultravox did not answer: ${answer.reason}.`);
  if (answer.status === 401 || answer.status === 403) {
    return refused(
      `Ultravox does not know this API key (${answer.status}). Copy it anew from app.ultravox.ai, Settings.`,
    );
  }
  const found = account.safeParse(answer.body).data;
  if (answer.status !== 200 || !found) {
    return unknown(`Ultravox gave an answer that we do not understand (${answer.status}).`);
  }
  return { ok: true, account: { account_id: found.accountId, name: found.name } };
}
