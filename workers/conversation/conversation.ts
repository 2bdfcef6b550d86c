import { DurableObject } from "cloudflare:workers";
import { runTurn } from "../../shared/turns/run.ts";
import { report } from "../report.ts";
import { toolsOf } from "../tools.ts";

const TURN_ID = "turn_id";
/** After a fault of ours, such as the database being away. */
const RETRY_MS = 5_000;

/**
 * Owns one conversation's time: when its turn is due, which turn is under way, when a send is tried again. Addressed by
 * the conversation's id. It stores an alarm and the id of the turn under way; everything else is in Postgres, so nothing
 * is lost with it.
 */
export class Conversation extends DurableObject<Env> {
  /** Asks for a look in so many milliseconds. An earlier alarm stands; an alarm that comes too early re-arms itself. */
  async wake(due_in_ms: number): Promise<void> {
    await this.#arm(Date.now() + due_in_ms);
  }

  /** Never throws: an alarm that fails too often is dropped by the platform for good (F47). */
  override async alarm(): Promise<void> {
    let next: number | null = RETRY_MS;
    try {
      const turn_id = await this.#turnId();
      next = await runTurn(this.#id(), turn_id, toolsOf(this.env));
      await this.ctx.storage.delete(TURN_ID);
    } catch (error) {
      // the turn id stays: the next look continues the same turn instead of starting a second one
      report("conversation.alarm", error, { conversation_id: this.ctx.id.name });
    }
    if (next !== null) await this.#arm(Date.now() + next);
  }

  #id(): string {
    const { name } = this.ctx.id;
    if (name === undefined) throw new Error("A Conversation must be addressed by its conversation's id");
    return name;
  }

  /** The turn under way, kept from before a crash, or a new one, stored before anything is done in its name (F49). */
  async #turnId(): Promise<string> {
    const kept = await this.ctx.storage.get<string>(TURN_ID);
    if (kept !== undefined) return kept;
    const made = crypto.randomUUID();
    await this.ctx.storage.put(TURN_ID, made);
    return made;
  }

  async #arm(at: number): Promise<void> {
    const armed = await this.ctx.storage.getAlarm();
    if (armed === null || armed > at) await this.ctx.storage.setAlarm(at);
  }
}
