import * as fc from "fast-check";

/** One request to the Worker. */
export interface Case {
  method: string;
  path: string;
  headers: Record<string, string>;
  bytes: Buffer;
  /** Whoever sends it may do nothing here. */
  forged?: boolean;
}

/** What HTTP lets a header be; anything else never leaves a client. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

const value = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }).filter((text) => VALUE.test(text)),
  fc.constantFrom(
    "",
    "0",
    "-1",
    "null",
    "a".repeat(6_000),
    "%00",
    "../../etc/passwd",
    "application/x-www-form-urlencoded",
    "gzip",
  ),
);

const NAMES = [
  "content-type",
  "content-encoding",
  "accept",
  "accept-encoding",
  "authorization",
  "apikey",
  "x-request-id",
  "x-hub-signature-256",
  "x-hub-signature",
  "x-forwarded-for",
  "cf-connecting-ip",
  "origin",
  "cookie",
  "range",
  "if-none-match",
] as const;

/** The request with up to three headers more, or others. */
export function withOddHeaders(cases: fc.Arbitrary<Case>): fc.Arbitrary<Case> {
  const headers = fc.dictionary(fc.constantFrom(...NAMES), value, { maxKeys: 3 });
  return fc.tuple(cases, headers).map(([one, more]) => ({ ...one, headers: { ...one.headers, ...more } }));
}

const METHODS = ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "POST"];
const PATHS = [
  "/",
  "/health",
  "/webhooks/meta",
  "/webhooks/meta?hub.mode=subscribe&hub.verify_token=x&hub.challenge=1",
  "/webhooks/meta?hub.mode=subscribe&hub.challenge=%00",
  "/webhooks/meta/",
  "/webhooks/meta//x",
  "/webhooks/other",
  "/functions/v1",
  "/functions/v1/",
  "/functions/v1/__proto__",
  "/functions/v1/constructor",
  "/functions/v1/%00",
  "/functions/v1/%E0%A4%A",
  "/functions/v1/send-message/../set-ai",
  "//health",
];

/** Requests that no door is made for. */
export const strayRequests: fc.Arbitrary<Case> = fc
  .tuple(
    fc.constantFrom(...METHODS),
    fc.oneof(
      fc.constantFrom(...PATHS),
      fc.webPath({ size: "+1" }),
      fc.webQueryParameters().map((query) => `/webhooks/meta?${query}`),
    ),
  )
  .map(([method, path]) => ({
    method,
    path: path.startsWith("/") ? path : `/${path}`,
    headers: {},
    bytes: Buffer.alloc(0),
  }));

/** How to repeat it by hand: bodies that are no text in base64. */
export function describeCase({ method, path, headers, bytes }: Case): string {
  const text = bytes.toString();
  const body = Buffer.from(text).equals(bytes) ? text : `base64 ${bytes.toString("base64")}`;
  return `${method} ${path} ${JSON.stringify(headers)} ${body.length > 4_000 ? `${body.slice(0, 4_000)}… (${bytes.length} bytes)` : body}`;
}
