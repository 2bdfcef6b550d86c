import { startWorker } from "../../dev/worker/run.ts";
import type { RunningWorker, WorkerOptions } from "../../dev/worker/run.ts";

export type Order = { start: WorkerOptions } | { cron: string };
export type Report = { url: string } | { error: string };

/** The Worker in a process of its own, so that it can be killed without those who watch it. */
let running: Promise<RunningWorker> | undefined;

process.on("message", (order: Order) => {
  if ("start" in order) {
    running = startWorker(order.start);
    running.then(
      ({ url }) => report({ url }),
      (error: unknown) => report({ error: String(error) }),
    );
  } else {
    // what a failed run leaves undone the next one does
    void running?.then((worker) => worker.cron(order.cron)).catch(() => {});
  }
});
// whoever watched is gone, and workerd is to go at once as well
process.on("disconnect", () => process.kill(-process.pid, "SIGKILL"));

function report(given: Report): void {
  process.send?.(given);
}
