import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { secureHeaders } from "hono/secure-headers";
import { sha256Hex } from "../shared/crypto/digest.ts";
import { credentialsOf } from "../shared/auth/identify.ts";
import { ServiceError } from "../shared/errors.ts";
import type { App } from "./http.ts";

const PERIOD_SECONDS = 60;

/** Headers for every answer: none of ours is to be framed, sniffed or kept by a cache on the way. */
export const safeHeaders: MiddlewareHandler<App> = secureHeaders({
  crossOriginResourcePolicy: false,
  xFrameOptions: "DENY",
  referrerPolicy: "no-referrer",
});

/** Lets the browsers of dashboards in, from the origins of `CORS_ORIGINS`. */
export const crossOrigin: MiddlewareHandler<App> = (c, next) => {
  const origins = c
    .get("tools")
    .config.CORS_ORIGINS.split(",")
    .map((origin) => origin.trim());
  return cors({
    origin: origins.includes("*") ? "*" : origins,
    allowMethods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
    exposeHeaders: [
      "content-range",
      "content-disposition",
      "location",
      "preference-applied",
      "link",
      "retry-after",
      "x-total-count",
      "x-request-id",
    ],
    maxAge: 86_400,
  })(c, next);
};

/**
 * Holds each key and each address to the rate of wrangler.toml. Not for webhooks: a provider that is sent away comes back
 * later and later. It is a shield and no accounting: counts are kept a location, and roughly.
 */
export const limited: MiddlewareHandler<App> = async (c, next) => {
  const { apikey, bearer } = credentialsOf(c.req.raw.headers);
  const address = c.req.header("cf-connecting-ip");
  const credential = bearer ?? apikey;
  const within = await Promise.all([
    // never the key itself: the limiter is a store of its own
    credential ? allows(c.env.KEY_LIMITER, async () => `key:${await sha256Hex(credential)}`) : true,
    address ? allows(c.env.ADDRESS_LIMITER, async () => `address:${address}`) : true,
  ]);
  if (!within.every(Boolean)) {
    c.header("retry-after", String(PERIOD_SECONDS));
    throw new ServiceError("too_many_requests", "Too many requests. Wait a minute, then go on more slowly.", {
      retry_after_ms: PERIOD_SECONDS * 1000,
    });
  }
  await next();
};

/** On one machine there is no limiter. */
async function allows(limiter: RateLimit | undefined, key: () => Promise<string>): Promise<boolean> {
  return limiter ? (await limiter.limit({ key: await key() })).success : true;
}
