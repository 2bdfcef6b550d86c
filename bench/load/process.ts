import { serve } from "../process/serve.ts";
import { prepareCalls } from "./calls.ts";
import type { CallPlan } from "./calls.ts";
import { prepareFlows } from "./paced.ts";
import type { Flow, FlowRound } from "./paced.ts";
import { preparePosts } from "./post.ts";
import type { LoadResult, PostPlan, Round } from "./post.ts";
import { preparePostgres } from "./postgres.ts";
import type { PostgresPlan } from "./postgres.ts";
import { startProvider } from "./provider.ts";
import type { Provider } from "./provider.ts";
import { prepareTurns } from "./turns.ts";
import type { TurnResult, TurnRound } from "./turns.ts";

/** The process that makes the load, and plays the provider. One round at a time: prepared, then run. */
export type LoadHandlers = typeof handlers;

let round: Round | undefined;
let flows: FlowRound | undefined;
let turns: TurnRound | undefined;
let provider: Promise<Provider> | undefined;

const handlers = {
  async preparePosts(plan: PostPlan): Promise<void> {
    round = preparePosts(plan);
  },
  async preparePostgres(plan: PostgresPlan): Promise<void> {
    round = await preparePostgres(plan);
  },
  async run(given: { callers: number; seconds: number }): Promise<LoadResult> {
    if (!round) throw new Error("nothing was prepared");
    return round.run(given);
  },
  async prepareFlows(given: Flow[]): Promise<void> {
    flows = prepareFlows(given);
  },
  /** One result a flow, in the order in which they were given. */
  async runFlows(given: { seconds: number }): Promise<LoadResult[]> {
    if (!flows) throw new Error("nothing was prepared");
    return flows.run(given);
  },
  /** Where the provider and the model answer. */
  async provider(): Promise<string> {
    provider ??= startProvider();
    return (await provider).url;
  },
  async prepareTurns(plan: PostPlan): Promise<void> {
    provider ??= startProvider();
    turns = prepareTurns(plan, await provider);
  },
  async prepareCalls(plan: CallPlan): Promise<void> {
    provider ??= startProvider();
    round = prepareCalls(plan, await provider);
  },
  async runTurns(given: { callers: number; seconds: number }): Promise<TurnResult> {
    if (!turns) throw new Error("nothing was prepared");
    return turns.run(given);
  },
};

serve(handlers);
