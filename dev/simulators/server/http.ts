import type { IncomingHttpHeaders } from "node:http";

export const PROVIDERS = ["meta", "gemini", "twilio", "telnyx", "ultravox"] as const;
export type Provider = (typeof PROVIDERS)[number];

/** What a provider call is for; faults are aimed at these. `other` is reached by faults on `any` only. */
export type Operation = "send" | "status" | "model" | "media" | "other";

/** One provider request, read whole. */
export interface Call {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  /** Groups of the route's pattern, in order. */
  params: string[];
  bytes: Buffer;
  /** The JSON body; undefined when there is none or it cannot be parsed. */
  body: unknown;
}

export interface Reply {
  status: number;
  headers?: Record<string, string>;
  body: string | Buffer;
  /** What the request log shows for a body that is not JSON (a file upload). */
  recorded?: unknown;
}

/** One endpoint of a provider. `fail` writes the provider's own error body for the code that a fault gives. */
export interface Route {
  provider: Provider;
  operation: Operation | ((call: Call) => Operation);
  method: string;
  pattern: RegExp;
  handle(call: Call): Reply | Promise<Reply>;
  fail(value?: string | number): Reply;
}

/** A JSON reply. */
export function json(status: number, body: unknown, headers?: Record<string, string>): Reply {
  return { status, body: JSON.stringify(body), headers: { "content-type": "application/json", ...headers } };
}
