import { fork } from "node:child_process";
import { once } from "node:events";

/** What a child process can be asked for, by name. */
export type Handlers = Record<string, (argument: never) => unknown>;

export interface Question {
  id: number;
  name: string;
  argument: unknown;
}

export type Answer = { id: number; value: unknown } | { id: number; error: string };

/** A child process with functions that are called by message. */
export interface Remote<H extends Handlers> {
  pid: number;
  /** @throws the child's error, or that it ended before it answered. */
  call<Name extends keyof H & string>(name: Name, ...given: Parameters<H[Name]>): Promise<Awaited<ReturnType<H[Name]>>>;
  stop(): Promise<void>;
}

/** Starts a module that ends in `serve(handlers)` as a process of its own, so that its processor time is its own too. */
export function startRemote<H extends Handlers>(module: string, name: string): Remote<H> {
  const child = fork(module, { serialization: "advanced", stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let next = 1;

  child.on("message", (answer: Answer) => {
    const asked = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ("error" in answer) asked?.reject(new Error(`${name}: ${answer.error}`));
    else asked?.resolve(answer.value);
  });
  child.on("exit", () => {
    for (const asked of waiting.values()) asked.reject(new Error(`the ${name} process ended`));
    waiting.clear();
  });

  return {
    pid: child.pid ?? 0,
    call(handler, ...[argument]) {
      const asked = Promise.withResolvers<unknown>();
      const question: Question = { id: next++, name: handler, argument };
      waiting.set(question.id, asked);
      if (child.connected) child.send(question);
      else asked.reject(new Error(`the ${name} process has ended`));
      return asked.promise as Promise<Awaited<ReturnType<H[typeof handler]>>>;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      if (child.connected) child.disconnect();
      else child.kill();
      await ended;
    },
  };
}
