import type { Change } from "../display/change.ts";
import type { Watch } from "../display/watch.ts";
import { CALL, FIRST_QUESTION, newCustomer, SECOND_QUESTION } from "./shop.ts";

export interface CustomerOptions {
  /** Delivers one line of the customer to the shop's number. */
  write: (line: { from: string; name: string; text: string }) => Promise<unknown>;
  /** Calls the shop; absent where it has no telephone. */
  call?: ((line: { from: string; text: string }) => Promise<unknown>) | undefined;
  watch: Pick<Watch, "until">;
  sleep: (ms: number) => Promise<void>;
  random: () => number;
}

const BETWEEN_LINES_MS = 1_000;
/** The AI's delay, the model, and a generous rest: a real model may take its time. */
const PATIENCE_MS = 20_000;

/**
 * A customer's first conversation with the shop: a question that the AI answers by itself, then one that it leaves to a
 * person; then it calls. Ends when the call is over, or when patience ends.
 */
export async function playCustomer({ write, call, watch, sleep, random }: CustomerOptions): Promise<void> {
  const { phone: from, name } = newCustomer(random);
  const ask = async (lines: string[]) => {
    for (const [place, text] of lines.entries()) {
      if (place > 0) await sleep(BETWEEN_LINES_MS);
      await write({ from, name, text });
    }
  };
  const settled = watch.until(isSettled, PATIENCE_MS);
  await ask(FIRST_QUESTION);
  await settled;
  await sleep(BETWEEN_LINES_MS);

  const drafted = watch.until(isSettled, PATIENCE_MS);
  await ask(SECOND_QUESTION);
  await drafted;
  if (!call) return;

  await sleep(BETWEEN_LINES_MS);
  const over = watch.until(isOver, PATIENCE_MS);
  await call({ from, text: CALL.join("\n") });
  await over;
}

/** The customer has read the answer, or it is with a person. */
function isSettled({ table, record }: Change): boolean {
  if (table === "conversations") return record["status"] === "assigned";
  return record["is_draft"] === true || ["read", "failed", "unknown"].includes(String(record["delivery_status"]));
}

/** What was said on the telephone stands in the thread. */
function isOver({ table, record }: Change): boolean {
  return table === "messages" && record["type"] === "transcript";
}
