import * as z from "zod";
import { askProvider } from "../../http/ask-provider.ts";
import type { AskOptions, ProviderAnswer, ProviderRequest } from "../../http/ask-provider.ts";

export interface TelnyxAccess extends AskOptions {
  /** Base URL with version, such as `https://api.telnyx.com/v2`. */
  telnyx_url: string;
  api_key: string;
}

/** One request to Telnyx's management API. Never throws. */
export function askTelnyx(
  { telnyx_url, api_key, ...options }: TelnyxAccess,
  method: ProviderRequest["method"],
  path: string,
  body?: unknown,
): Promise<ProviderAnswer> {
  const headers = { authorization: `Bearer ${api_key}` };
  return askProvider({ method, url: telnyx_url + path, headers, body, secret: api_key }, options);
}

const failure = z.object({
  errors: z
    .array(z.object({ code: z.coerce.string(), title: z.string().default(""), detail: z.string().default("") }))
    .min(1),
});

/** Telnyx's own words for a refusal: `401, code 10009: Authentication failed`. */
export function telnyxReason(status: number, body: unknown): string {
  const error = failure.safeParse(body).data?.errors[0];
  return error ? `${status}, code ${error.code}: ${error.title || error.detail}` : String(status);
}
