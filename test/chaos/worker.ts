import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { WorkerOptions } from "../../dev/worker/run.ts";
import type { Order, Report } from "./worker-child.ts";

export interface KillableWorker {
  url: string;
  /** Fires a cron trigger; nobody waits for what comes of it. */
  cron(expression: string): void;
  /** `kill -9` of the process group, workerd included. Its objects' storage stays as it was in that instant. */
  kill(): Promise<void>;
}

/** Starts the deployed bundle in a process group of its own. */
export async function startKillableWorker(options: WorkerOptions): Promise<KillableWorker> {
  const child = fork(join(import.meta.dirname, "worker-child.ts"), {
    detached: true,
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const order = (given: Order) => void (child.connected && child.send(given));
  const ended = once(child, "exit");
  const kill = async () => {
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined)
      process.kill(-child.pid, "SIGKILL");
    await ended;
  };
  order({ start: options });
  const [report] = (await Promise.race([once(child, "message"), ended.then(() => [{ error: "it ended" }])])) as [
    Report,
  ];
  if ("error" in report) {
    await kill();
    throw new Error(`the Worker did not start: ${report.error}`);
  }
  return { url: report.url, cron: (expression) => order({ cron: expression }), kill };
}
