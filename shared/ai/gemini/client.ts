import { GoogleGenerativeAI } from "@google/generative-ai";
import type { GenerativeModel } from "@google/generative-ai";

export interface Client {
  api_key: string;
  /** Where the API is, without version; a trailing slash is ignored. Google's own when absent. */
  base_url?: string;
}

/** The SDK's handle on one model. */
export function modelOf({ api_key, base_url }: Client, model: string): GenerativeModel {
  const options = base_url ? { baseUrl: base_url.replace(/\/+$/, "") } : {};
  return new GoogleGenerativeAI(api_key).getGenerativeModel({ model }, options);
}

/**
 * Gives a call so many milliseconds. The SDK's own timeout leaves its timer running after the answer, which keeps a Durable
 * Object awake.
 */
export async function within<Result>(ms: number, call: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), Math.max(0, ms));
  try {
    return await call(abort.signal);
  } finally {
    clearTimeout(timer);
  }
}
