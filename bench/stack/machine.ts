import { availableParallelism } from "node:os";
import type { Stack } from "./stack.ts";

/** What the numbers depend on, in lines for the report. */
export async function describeMachine(
  { database }: Stack,
  { rounds, seconds }: { rounds: number; seconds: number },
): Promise<string[]> {
  const [found] = await database.query<Record<"version" | "fsync" | "commit", string>>(
    `select split_part(version(), ' on ', 1) as version, current_setting('fsync') as fsync,
       current_setting('synchronous_commit') as commit`,
  );
  const server = database.ours ? "started for this run" : "BENCH_DATABASE_URL";
  return [
    `${availableParallelism()} processors; ${found?.version} (${server}), fsync ${found?.fsync}, ` +
      `synchronous_commit ${found?.commit}; ${rounds} rounds of ${seconds} s each`,
  ];
}
