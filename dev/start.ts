import { setTimeout as sleep } from "node:timers/promises";
import { playCustomer } from "./demo/customer.ts";
import { SHOP } from "./demo/shop.ts";
import { startDisplay } from "./display/display.ts";
import { hints } from "./display/hints.ts";
import { createPrinter } from "./display/print.ts";
import type { Watch } from "./display/watch.ts";
import type { Demo } from "./stack/stack-file.ts";
import { parseOptions } from "./stack/options.ts";
import { startStack, type Stack } from "./stack/stack.ts";
import { stopOnSignals } from "./stack/stop.ts";

const started = Date.now();
const seconds = () => `${((Date.now() - started) / 1000).toFixed(1).padStart(5)} s`;

/** Simulated, but about as quick as the real one: slow enough to watch. */
const WATCHED_MODEL_LATENCY_MS = 600;

async function main(args: string[]): Promise<void> {
  const options = parseOptions(args);
  const printer = createPrinter(process.stdout);
  const say = (text: string) => printer.text(`${seconds()}  ${text}`);
  const onStop = stopOnSignals();

  const stack = await startStack({
    ...options,
    env: process.env,
    ...(!options.quiet && { step: say, model_latency_ms: WATCHED_MODEL_LATENCY_MS }),
  });
  onStop(stack.stop);
  say(`ready: ${stack.file.url}`);
  if (options.quiet) return;

  printer.text("");
  const { exec } = stack;
  const { demo } = stack.file;
  if (!demo) return say("the database is not ours: its tables are served under /rest/v1, and nothing else happens");
  const file = { ...stack.file, demo };
  const watch = await startDisplay({ exec, stack: file, shop: SHOP.name, printer });
  onStop(() => {
    watch.stop();
    printer.stop();
  });
  if (options.demo) await demonstrate(stack, demo, watch, printer.text);
  printer.text(hints(file, options.data));
}

async function demonstrate(stack: Stack, demo: Demo, watch: Watch, say: (text: string) => void): Promise<void> {
  // Nobody asked for messages to real phones.
  if (stack.providers.meta.real) return say("Meta is real: write to your number from a phone to see something here.");
  await playCustomer({
    write: (line) => stack.simulators.api.inbound({ ...line, to: demo.phone_number_id }),
    call: (line) => stack.simulators.api.call({ ...line, to: demo.telnyx.number }),
    watch,
    sleep: (ms) => sleep(ms),
    random: Math.random,
  });
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`start: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
