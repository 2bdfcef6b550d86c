import { DurableObject } from "cloudflare:workers";
import type { FeedEvent } from "../../shared/feed/feed.ts";
import { visibleEvents } from "../../shared/feed/feed.ts";
import { changePayload, matching } from "../../shared/realtime/change.ts";
import { decode, encode, encodeBytes } from "../../shared/realtime/frame.ts";
import type { Message, Version } from "../../shared/realtime/frame.ts";
import { report } from "../report.ts";
import { schemaCacheOf } from "../rest/schema-cache.ts";
import { restSettings } from "../../shared/rest/settings.ts";
import { toolsOf } from "../tools.ts";
import type { Tools } from "../tools.ts";
import { Connections, topicKey } from "./connections.ts";
import type { Connection, Join } from "./connections.ts";
import { enter, Refused, reenter } from "./enter.ts";
import type { Broadcast, Presences } from "./topic.ts";

const POSITION = "position:";
/** A client that says more in a second is not a dashboard. */
const MESSAGES_A_SECOND = 300;

/**
 * Owns some of the open sockets, a share that chance gives it: a client names its user only after it has connected, and may
 * belong to several organizations. It sleeps between messages; sockets stay open and their state is in its storage.
 */
export class Sockets extends DurableObject<Env> {
  readonly #connections = new Connections(this.ctx);
  #awake: Promise<void> | undefined;
  /** Messages of one socket are handled one after another. */
  readonly #queues = new Map<string, Promise<void>>();
  readonly #rates = new Map<string, { second: number; messages: number }>();

  override async fetch(request: Request): Promise<Response> {
    await this.#wake();
    const query = new URL(request.url).searchParams;
    const version: Version = query.get("vsn") === "1.0.0" ? "1.0.0" : "2.0.0";
    const { 0: client, 1: server } = new WebSocketPair();
    const id = crypto.randomUUID();
    this.ctx.acceptWebSocket(server);
    const apikey = query.get("apikey");
    await this.#connections.add(server, { id, version, apikey, joins: [], next_subscription: 1 });
    return new Response(null, { status: 101, webSocket: client });
  }

  override async webSocketMessage(socket: WebSocket, frame: string | ArrayBuffer): Promise<void> {
    await this.#wake();
    const connection = this.#connections.of(socket);
    if (!connection) return;
    if (this.#isTooFast(connection)) return this.#close(connection, 1008, "too many messages");
    const message = decode(frame);
    if (!message) return this.#close(connection, 1007, "not a message of this protocol");
    const before = this.#queues.get(connection.id) ?? Promise.resolve();
    const handled = before.then(() => this.#handle(connection, message));
    this.#queues.set(connection.id, handled);
    return handled;
  }

  override async webSocketClose(socket: WebSocket, code: number): Promise<void> {
    await this.#wake();
    const connection = this.#connections.of(socket);
    if (connection) await this.#forget(connection);
    // 1005 and 1006 say that no code was given, and may not be sent
    socket.close(code === 1005 || code === 1006 ? 1000 : code);
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    await this.#wake();
    const connection = this.#connections.of(socket);
    if (connection) await this.#forget(connection);
  }

  /** Row changes of an organization, from its Hub. Whether anybody here wants to hear of it at all. */
  async changes(org_id: string, events: FeedEvent[]): Promise<boolean> {
    await this.#wake();
    const listening = this.#connections.joins().filter(({ join }) => join.orgs.includes(org_id));
    if (listening.length === 0) return false;
    const position = (await this.ctx.storage.get<number>(POSITION + org_id)) ?? 0;
    const fresh = events.filter(({ seq }) => seq > position);
    const last = fresh.at(-1);
    if (!last) return true;
    await this.#endRevoked(fresh);
    const tools = toolsOf(this.env);
    const wanted = listening
      .map((one) => ({ ...one, events: fresh.filter((event) => matching(event, one.join.subscriptions).length > 0) }))
      .filter(({ events: some }) => some.length > 0);
    await this.#show(wanted, org_id, tools);
    await this.ctx.storage.put(POSITION + org_id, last.seq);
    return true;
  }

  /** A broadcast for a topic. Whether anybody here has joined it. */
  async broadcast(key: string, { event, payload, from }: Broadcast): Promise<boolean> {
    await this.#wake();
    const joined = this.#connections.joins().filter(({ join }) => topicKey(join) === key);
    for (const { connection, join } of joined) {
      if (connection.id === from && !join.config.broadcast.self) continue;
      if (payload instanceof Uint8Array) this.#sendBytes(connection, join.topic, event, payload);
      else this.#push(connection, join, "broadcast", { type: "broadcast", event, payload });
    }
    return joined.length > 0;
  }

  /** Who came and went. Whether anybody here has joined the topic. */
  async presence(key: string, difference: { joins: Presences; leaves: Presences }): Promise<boolean> {
    await this.#wake();
    const joined = this.#connections.joins().filter(({ join }) => topicKey(join) === key);
    for (const { connection, join } of joined) this.#push(connection, join, "presence_diff", difference);
    return joined.length > 0;
  }

  /** Ends what has run out. Never throws (F47). */
  override async alarm(): Promise<void> {
    try {
      await this.#wake();
      const now = Math.floor(Date.now() / 1000);
      for (const { connection, join } of this.#connections.joins()) {
        const { expires_at } = join.viewer;
        if (expires_at !== null && expires_at <= now)
          await this.#end(connection, join, "Token has expired. Sign in again.");
      }
    } catch (error) {
      report("sockets.alarm", error);
    }
    await this.#armForExpiry();
  }

  async #handle(connection: Connection, message: Message): Promise<void> {
    const { topic, event, ref, join_ref } = message;
    const reply = (status: "ok" | "error", response: unknown = {}) =>
      this.#send(connection, { join_ref, ref, topic, event: "phx_reply", payload: { status, response } });
    try {
      if (topic === "phoenix") return event === "heartbeat" ? reply("ok") : undefined;
      if (event === "phx_join") return await this.#join(connection, message, reply);
      const join = connection.joins.find((one) => one.topic === topic);
      if (!join) return reply("error", { reason: "unmatched topic" });
      switch (event) {
        case "phx_leave":
          await this.#leave(connection, join);
          reply("ok");
          return this.#send(connection, { join_ref, ref, topic, event: "phx_close", payload: {} });
        case "access_token":
          return await this.#renew(connection, join, message);
        case "broadcast":
          await this.#say(connection, join, message);
          return join.config.broadcast.ack ? reply("ok") : undefined;
        case "presence":
          await this.#present(connection, join, message);
          return reply("ok");
        default:
          return reply("error", { reason: `there is no event "${event}"` });
      }
    } catch (error) {
      if (!(error instanceof Refused)) report("sockets.message", error, { event });
      reply("error", { reason: error instanceof Refused ? error.message : "Something went wrong on our side." });
    }
  }

  async #join(
    connection: Connection,
    message: Message,
    reply: (status: "ok", response: unknown) => void,
  ): Promise<void> {
    const earlier = connection.joins.find(({ topic }) => topic === message.topic);
    if (earlier) await this.#leave(connection, earlier);
    const tools = toolsOf(this.env);
    const join = await enter(message, connection, tools);
    connection.joins.push(join);
    await this.#connections.save(connection);
    await this.#listen(join);
    await this.#topic(join).join(this.#shard());
    await this.#armForExpiry();
    reply("ok", {
      postgres_changes: join.subscriptions.map(({ id, subscription }) => ({ ...subscription, id })),
    });
    if (join.subscriptions.length > 0) this.#system(connection, join, "ok", "Subscribed to PostgreSQL");
    if (join.config.presence.enabled) {
      this.#push(connection, join, "presence_state", await this.#topic(join).presences());
    }
  }

  /** Hears of the organizations' changes, each from where this object has got to. */
  async #listen({ orgs, subscriptions }: Join): Promise<void> {
    if (subscriptions.length === 0) return;
    await Promise.all(
      orgs.map(async (org_id) => {
        const sent = await this.env.HUB.getByName(org_id).subscribe(this.#shard());
        const position = await this.ctx.storage.get<number>(POSITION + org_id);
        if (position === undefined) await this.ctx.storage.put(POSITION + org_id, sent);
      }),
    );
  }

  async #renew(connection: Connection, join: Join, message: Message): Promise<void> {
    try {
      await reenter(join, message, connection, toolsOf(this.env));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return this.#end(connection, join, error.message);
    }
    await this.#connections.save(connection);
    await this.#listen(join);
    await this.#armForExpiry();
  }

  async #say(connection: Connection, join: Join, { payload }: Message): Promise<void> {
    const given = (payload ?? {}) as { event?: unknown; payload?: unknown };
    const message = { event: String(given.event ?? ""), payload: given.payload ?? {}, from: connection.id };
    await this.#topic(join).broadcast(message);
  }

  async #present(connection: Connection, join: Join, { payload }: Message): Promise<void> {
    const given = (payload ?? {}) as { event?: unknown; payload?: unknown };
    const socket = `${connection.id}/${join.topic}`;
    if (given.event === "untrack") return this.#topic(join).untrack(socket);
    const key = join.config.presence.key || connection.id;
    return this.#topic(join).track(socket, key, (given.payload ?? {}) as Record<string, unknown>);
  }

  /** Asks once for all who might see, each distinct viewer one time, and sends what each of them does. */
  async #show(
    wanted: { connection: Connection; join: Join; events: FeedEvent[] }[],
    org_id: string,
    tools: Tools,
  ): Promise<void> {
    const viewers = new Map(
      wanted.map(({ join: { viewer } }) => [JSON.stringify([viewer.role, viewer.claims]), viewer]),
    );
    const events = [...new Map(wanted.flatMap((one) => one.events.map((event) => [event.seq, event]))).values()];
    const seen = await visibleEvents(tools.exec, org_id, [...viewers.values()], events);
    const byViewer = new Map([...viewers.keys()].map((key, i) => [key, new Set(seen[i]?.map(({ seq }) => seq))]));
    const schema = await schemaCacheOf(tools, restSettings(tools.config)).get();
    for (const { connection, join, events: some } of wanted) {
      const visible = byViewer.get(JSON.stringify([join.viewer.role, join.viewer.claims]));
      for (const event of some.toSorted((a, b) => a.seq - b.seq)) {
        if (!visible?.has(event.seq)) continue;
        const relation = schema.relations.get(`public.${event.table}`);
        const ids = matching(event, join.subscriptions);
        const first = join.subscriptions.find(({ id }) => ids.includes(id));
        this.#push(
          connection,
          join,
          "postgres_changes",
          changePayload(event, ids, relation, first?.subscription.select),
        );
      }
    }
  }

  /** A key that was revoked ends what was joined with it (F143). */
  async #endRevoked(events: FeedEvent[]): Promise<void> {
    const revoked = new Set(events.filter(revokesKey).map(({ record }) => String(record["id"])));
    for (const { connection, join } of this.#connections.joins()) {
      const { api_key_id } = join.viewer;
      if (api_key_id !== null && revoked.has(api_key_id))
        await this.#end(connection, join, "This API key was revoked.");
    }
  }

  async #end(connection: Connection, join: Join, reason: string): Promise<void> {
    this.#system(connection, join, "error", reason);
    const { topic, join_ref } = join;
    this.#send(connection, { join_ref, ref: join_ref, topic, event: "phx_close", payload: {} });
    await this.#leave(connection, join);
  }

  async #leave(connection: Connection, join: Join): Promise<void> {
    connection.joins = connection.joins.filter((one) => one !== join);
    await this.#connections.save(connection);
    await this.#release(connection, [join]);
  }

  async #forget(connection: Connection): Promise<void> {
    this.#queues.delete(connection.id);
    this.#rates.delete(connection.id);
    await this.#connections.remove(connection);
    await this.#release(connection, connection.joins);
  }

  /** Tells topics and Hubs that nobody here needs them any more; what fails, they find out when they call. */
  async #release(connection: Connection, joins: Join[]): Promise<void> {
    const left = this.#connections.joins().map(({ join }) => join);
    const topics = new Set(left.map(topicKey));
    const orgs = new Set(left.flatMap((join) => join.orgs));
    const work = joins.flatMap((join) => [
      this.#topic(join).untrack(`${connection.id}/${join.topic}`),
      ...(topics.has(topicKey(join)) ? [] : [this.#topic(join).leave(this.#shard())]),
      ...join.orgs.filter((org_id) => !orgs.has(org_id)).map((org_id) => this.#unlisten(org_id)),
    ]);
    for (const result of await Promise.allSettled(work)) {
      if (result.status === "rejected") report("sockets.release", result.reason);
    }
  }

  async #unlisten(org_id: string): Promise<void> {
    await this.ctx.storage.delete(POSITION + org_id);
    await this.env.HUB.getByName(org_id).unsubscribe(this.#shard());
  }

  #system(connection: Connection, join: Join, status: "ok" | "error", message: string): void {
    const extension = status === "ok" ? "postgres_changes" : "system";
    const { topic, join_ref } = join;
    const payload = { extension, status, message, channel: topic.replace(/^realtime:/, "") };
    this.#send(connection, { join_ref, ref: null, topic, event: "system", payload });
  }

  #push(connection: Connection, { topic }: Join, event: string, payload: unknown): void {
    this.#send(connection, { join_ref: null, ref: null, topic, event, payload });
  }

  #send(connection: Connection, message: Message): void {
    this.#write(connection, encode(message, connection.version));
  }

  #sendBytes(connection: Connection, topic: string, event: string, payload: Uint8Array): void {
    const frame = connection.version === "2.0.0" ? encodeBytes(topic, event, payload) : null;
    if (frame) this.#write(connection, frame);
  }

  /** A socket that cannot be written to is dropped; the others go on (F149). */
  #write(connection: Connection, frame: string | Uint8Array): void {
    try {
      this.#connections.socketOf(connection)?.send(frame);
    } catch {
      this.ctx.waitUntil(this.#forget(connection));
    }
  }

  async #close(connection: Connection, code: number, reason: string): Promise<void> {
    this.#connections.socketOf(connection)?.close(code, reason);
    await this.#forget(connection);
  }

  #isTooFast({ id }: Connection): boolean {
    const second = Math.floor(Date.now() / 1000);
    const rate = this.#rates.get(id);
    const messages = rate?.second === second ? rate.messages + 1 : 1;
    this.#rates.set(id, { second, messages });
    return messages > MESSAGES_A_SECOND;
  }

  async #armForExpiry(): Promise<void> {
    const ends = this.#connections.joins().flatMap(({ join: { viewer } }) => viewer.expires_at ?? []);
    if (ends.length > 0) await this.ctx.storage.setAlarm(Math.min(...ends) * 1000);
  }

  #wake(): Promise<void> {
    return (this.#awake ??= this.#clearAway());
  }

  /** Sockets that went while nobody looked, in a deploy or a crash. */
  async #clearAway(): Promise<void> {
    for (const connection of await this.#connections.wake()) await this.#release(connection, connection.joins);
  }

  #topic(join: Join) {
    return this.env.TOPIC.getByName(topicKey(join));
  }

  #shard(): string {
    return this.ctx.id.name ?? "";
  }
}

const revokesKey = ({ table, type, record }: FeedEvent) =>
  table === "api_keys" && (type === "DELETE" || record["revoked_at"] != null);
