import type { Answer, Handlers, Question } from "./remote.ts";

/**
 * The child's side of `startRemote`. The process ends when its parent lets go of it, and only then: a Ctrl-C reaches
 * the whole group, and the parent needs its children to clean up.
 */
export function serve(handlers: Handlers): void {
  process.on("SIGINT", () => {});
  process.on("disconnect", () => process.exit(0));
  process.on("message", (question: Question) => {
    // the parent may have let go meanwhile; nobody waits for the answer then
    void answer(handlers, question).then((given) => process.send?.(given, undefined, {}, () => {}));
  });
}

async function answer(handlers: Handlers, { id, name, argument }: Question): Promise<Answer> {
  try {
    const handler = handlers[name] as ((argument: unknown) => unknown) | undefined;
    if (!handler) throw new Error(`nothing is called ${name}`);
    return { id, value: await handler(argument) };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}
