import { DurableObject } from "cloudflare:workers";
import { report } from "../report.ts";

const SHARD = "shard:";
const PRESENT = "present:";

/** Who is there, by key: what each of its sockets says of itself. */
export type Presences = Record<string, { metas: Meta[] }>;
interface Meta {
  phx_ref: string;
  [property: string]: unknown;
}

interface Present {
  key: string;
  meta: Meta;
}

/** A broadcast on its way; `bytes` where it is no JSON. */
export interface Broadcast {
  event: string;
  payload: unknown;
  /** The socket it comes from: it hears its own only when it asked to. */
  from: string | null;
}

/**
 * Owns one topic of broadcasts and presence: which socket objects have joiners, and who says to be there. Addressed by the
 * topic's name. Nothing of it outlives the last joiner.
 */
export class Topic extends DurableObject<Env> {
  async join(shard: string): Promise<void> {
    await this.ctx.storage.put(SHARD + shard, shard);
  }

  /** The shard has no joiner left. */
  async leave(shard: string): Promise<void> {
    await this.ctx.storage.delete(SHARD + shard);
    if ((await this.#shards()).length === 0) await this.ctx.storage.deleteAll();
  }

  async broadcast(message: Broadcast): Promise<void> {
    await this.#tell((shard) => this.env.SOCKETS.getByName(shard).broadcast(this.#name(), message));
  }

  async presences(): Promise<Presences> {
    return group([...(await this.ctx.storage.list<Present>({ prefix: PRESENT })).values()]);
  }

  /** A socket says that it is there, or something else of itself. */
  async track(socket: string, key: string, meta: Record<string, unknown>): Promise<void> {
    const before = await this.ctx.storage.get<Present>(PRESENT + socket);
    const present = { key, meta: { ...meta, phx_ref: crypto.randomUUID() } };
    await this.ctx.storage.put(PRESENT + socket, present);
    await this.#differ(group([present]), before ? group([before]) : {});
  }

  async untrack(socket: string): Promise<void> {
    const before = await this.ctx.storage.get<Present>(PRESENT + socket);
    if (!before) return;
    await this.ctx.storage.delete(PRESENT + socket);
    await this.#differ({}, group([before]));
  }

  #differ(joins: Presences, leaves: Presences): Promise<void> {
    return this.#tell((shard) => this.env.SOCKETS.getByName(shard).presence(this.#name(), { joins, leaves }));
  }

  /** One shard that fails is no reason for the others to miss it (F149). */
  async #tell(tell: (shard: string) => Promise<boolean>): Promise<void> {
    await Promise.all(
      (await this.#shards()).map(async (shard) => {
        try {
          if (!(await tell(shard))) await this.ctx.storage.delete(SHARD + shard);
        } catch (error) {
          report("topic.tell", error, { shard });
        }
      }),
    );
  }

  async #shards(): Promise<string[]> {
    return [...(await this.ctx.storage.list<string>({ prefix: SHARD })).values()];
  }

  #name(): string {
    return this.ctx.id.name ?? "";
  }
}

function group(present: Present[]): Presences {
  const presences: Presences = {};
  for (const { key, meta } of present) (presences[key] ??= { metas: [] }).metas.push(meta);
  return presences;
}
