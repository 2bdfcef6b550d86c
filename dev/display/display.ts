import type { Exec } from "../../shared/db/exec.ts";
import type { DemoStack } from "../stack/stack-file.ts";
import { approveCommand } from "./hints.ts";
import { createNarrator, type Line } from "./narrate.ts";
import type { Printer } from "./print.ts";
import { watchFeed, type Watch } from "./watch.ts";
import { inWords } from "./words.ts";

export interface DisplayOptions {
  exec: Exec;
  stack: DemoStack;
  shop: string;
  printer: Printer;
  /** Unix milliseconds. */
  clock?: () => number;
}

/** Shows every conversation as it happens, from the rows that it leaves in the database. */
export function startDisplay({ exec, stack, shop, printer, clock = Date.now }: DisplayOptions): Promise<Watch> {
  const narrate = createNarrator(clock());
  const approve = (message_id: string, version: number) => approveCommand(stack, message_id, version);
  const show = (line: Line) => {
    if (line.kind === "waiting") {
      const seconds = () => (Math.max(0, line.due_at - clock()) / 1000).toFixed(1);
      return printer.counting(() => `waits ${seconds()} s, in case the customer goes on writing`);
    }
    for (const words of inWords(line, { shop, approve })) printer.line(words, clock());
  };
  return watchFeed(exec, (changes) => waitingLast(changes.flatMap(narrate)).forEach(show));
}

/** A conversation's row is written before its message's; the countdown is told after the line that caused it. */
function waitingLast(lines: Line[]): Line[] {
  const waiting = lines.findLast((line) => line.kind === "waiting");
  return [...lines.filter((line) => line.kind !== "waiting"), ...(waiting ? [waiting] : [])];
}
