import { Hono } from "hono";
import type { Context } from "hono";
import * as z from "zod";
import { identify } from "../../shared/auth/identify.ts";
import { sessionOf } from "../../shared/auth/principal.ts";
import { viewerOf } from "../../shared/auth/viewer.ts";
import { drain, visibleEvents } from "../../shared/feed/feed.ts";
import { ServiceError } from "../../shared/errors.ts";
import { readBody } from "../../shared/http/read-body.ts";
import { callerOf } from "../auth/caller.ts";
import type { App } from "../http.ts";
import { roomKey } from "./connections.ts";

/** How many objects share the sockets. */
const SHARDS = 16;
const MAX_BODY_BYTES = 256 * 1024;

const broadcasts = z.object({
  messages: z
    .array(
      z.object({
        topic: z.string().min(1),
        event: z.string(),
        payload: z.unknown().optional(),
        private: z.boolean().optional(),
      }),
    )
    .min(1)
    .max(100),
});
const feed = z.object({
  org_id: z.uuid(),
  after: z.coerce.number().int().min(0),
  limit: z.coerce.number().int().min(1).max(500).catch(500),
});

/** `/realtime/v1/*`: sockets, broadcasts over HTTP, and what a client missed. */
export const realtime = new Hono<App>()
  .get("/websocket", async (c) => {
    if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
      return c.json({ error: "This address speaks WebSocket: connect with supabase-js." }, 426);
    }
    const { keys, now } = c.get("tools");
    try {
      if (!c.req.query("apikey")) throw new ServiceError("unauthorized", "The parameter apikey is missing.");
      await identify({ apikey: c.req.query("apikey") }, keys, now());
    } catch (error) {
      return c.json({ error: error instanceof Error ? error.message : "Unauthorized" }, 401);
    }
    const shard = Math.floor(c.get("tools").random() * SHARDS);
    return c.env.SOCKETS.getByName(String(shard)).fetch(c.req.raw);
  })
  .post("/api/broadcast", async (c) => {
    await known(c);
    const { messages } = parsed(broadcasts, json(await bytesOf(c)));
    for (const { topic, event, payload = {}, private: is_private = false } of messages) {
      await c.env.TOPIC.getByName(roomKey(topic, is_private)).broadcast({ event, payload, from: null });
    }
    return c.body(null, 202);
  })
  .post("/api/broadcast/:topic/events/:event", async (c) => {
    await known(c);
    const body = await bytesOf(c);
    const raw = c.req.header("content-type")?.startsWith("application/octet-stream") ?? false;
    const key = roomKey(c.req.param("topic"), c.req.query("private") === "true");
    const message = { event: c.req.param("event"), payload: raw ? body : json(body), from: null };
    await c.env.TOPIC.getByName(key).broadcast(message);
    return c.body(null, 202);
  })
  /** Changes of an organization after a number, for a client that was away: `{ events, last_seq, reset }`. */
  .get("/feed", async (c) => {
    const { exec } = c.get("tools");
    const { org_id, after, limit } = parsed(feed, c.req.query());
    const viewer = await viewerOf(await callerOf(c.req.raw.headers, c.get("tools")), exec);
    const { events, last_seq, oldest_seq } = await drain(exec, org_id, after, limit);
    const [seen = []] = await visibleEvents(exec, org_id, [viewer], events);
    // a number of its own where the page was cut, so that the client goes on from there
    const reached = events.at(-1)?.seq ?? last_seq;
    const reset = after > last_seq || (oldest_seq !== null && after + 1 < oldest_seq);
    return c.json({ events: seen, last_seq: reached, reset });
  });

/** Broadcasting needs more than the public key. */
async function known(c: Context<App>): Promise<void> {
  const caller = await callerOf(c.req.raw.headers, c.get("tools"));
  sessionOf(caller, "write");
  const { apikey } = { apikey: c.req.header("apikey") };
  if (caller.kind === "anon" && !apikey) throw new ServiceError("unauthorized", "Send a key in the header 'apikey'.");
}

async function bytesOf(c: Context<App>): Promise<Uint8Array> {
  const body = await readBody(c.req.raw, MAX_BODY_BYTES);
  if (!body) throw new ServiceError("too_large", `A broadcast may have ${MAX_BODY_BYTES} bytes at most.`);
  return body;
}

function json(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch (cause) {
    throw new ServiceError("invalid_input", "The body is not JSON.", undefined, { cause });
  }
}

function parsed<T>(schema: z.ZodType<T>, given: unknown): T {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  throw new ServiceError("invalid_input", "The input is not what is taken here.", {
    problems: result.error.issues.map(({ path, message }) => ({ path: path.join("."), message })),
  });
}
