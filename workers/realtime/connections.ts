import type { StandingViewer } from "../../shared/auth/viewer.ts";
import type { Numbered } from "../../shared/realtime/change.ts";
import type { Version } from "../../shared/realtime/frame.ts";
import type { JoinConfig } from "../../shared/realtime/join.ts";

/** A topic that a socket has joined. */
export interface Join {
  topic: string;
  join_ref: string | null;
  config: JoinConfig;
  viewer: StandingViewer;
  subscriptions: Numbered[];
  /** Organizations whose changes it may be shown. */
  orgs: string[];
}

/** A socket with all that must outlive a nap of its object. */
export interface Connection {
  id: string;
  version: Version;
  /** What it connected with. */
  apikey: string | null;
  joins: Join[];
  next_subscription: number;
}

const CONNECTION = "connection:";

/** The sockets of an object: their state is in its storage, because the object's memory does not outlive a nap. */
export class Connections {
  readonly #ctx: DurableObjectState;
  readonly #held = new Map<string, { socket: WebSocket; connection: Connection }>();

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
  }

  /** Brings back what the storage remembers of sockets that are still open; answers those that are gone. */
  async wake(): Promise<Connection[]> {
    const stored = await this.#ctx.storage.list<Connection>({ prefix: CONNECTION });
    for (const socket of this.#ctx.getWebSockets()) {
      const { id } = socket.deserializeAttachment() as { id: string };
      const connection = stored.get(CONNECTION + id);
      if (connection) this.#held.set(id, { socket, connection });
    }
    const gone = [...stored.values()].filter(({ id }) => !this.#held.has(id));
    await this.#ctx.storage.delete(gone.map(({ id }) => CONNECTION + id).slice(0, 128));
    return gone;
  }

  async add(socket: WebSocket, connection: Connection): Promise<void> {
    socket.serializeAttachment({ id: connection.id });
    this.#held.set(connection.id, { socket, connection });
    await this.save(connection);
  }

  of(socket: WebSocket): Connection | undefined {
    const { id } = socket.deserializeAttachment() as { id: string };
    return this.#held.get(id)?.connection;
  }

  socketOf({ id }: Connection): WebSocket | undefined {
    return this.#held.get(id)?.socket;
  }

  async save(connection: Connection): Promise<void> {
    await this.#ctx.storage.put(CONNECTION + connection.id, connection);
  }

  async remove({ id }: Connection): Promise<void> {
    this.#held.delete(id);
    await this.#ctx.storage.delete(CONNECTION + id);
  }

  all(): Connection[] {
    return [...this.#held.values()].map(({ connection }) => connection);
  }

  /** Every join with its socket's connection. */
  joins(): { connection: Connection; join: Join }[] {
    return this.all().flatMap((connection) => connection.joins.map((join) => ({ connection, join })));
  }
}

/** The object that a topic's broadcasts go through: private and public ones of a name have nothing in common. */
export const topicKey = ({ topic, config }: Pick<Join, "topic" | "config">) => roomKey(roomOf(topic), config.private);
export const roomKey = (room: string, is_private: boolean) => `${is_private ? "private" : "public"}:${room}`;
export const roomOf = (topic: string) => topic.replace(/^realtime:/, "");
