import { judgeRun } from "./laws.ts";
import type { Judgement } from "./laws.ts";
import { openScene, play } from "./scenario.ts";
import type { Stage } from "./stage.ts";
import { describeStep } from "./steps.ts";
import type { Target } from "./steps.ts";

export interface Killed extends Judgement {
  /** The step to be struck, by its number or its description; null in a run without a strike. */
  k: number | string | null;
  /** The step that was struck; null when the run had none such. */
  step: string | null;
  /** How many steps the run had. */
  steps: number;
}

/** What is played, and what is looked at when it has come to rest. */
export interface Scenario<Scene> {
  open(stage: Stage): Promise<Scene>;
  /** Resolves when nothing is left to happen. @throws when something does not come about */
  play(stage: Stage, scene: Scene): Promise<void>;
  judge(stage: Stage, scene: Scene): Promise<Judgement>;
}

export const CONVERSATIONS = { open: openScene, play, judge: judgeRun };

/** A run that is too short proves nothing about the moments in between. */
export const FEWEST_STEPS = 8;
const QUIET_MS = 250;

/**
 * Plays the scenario once in a fresh scene, kills the target at one step, lets it go on, and looks at what is left.
 * @param k the step's number, from 1, or its description; null: nobody is killed
 */
export async function runOnce<Scene>(
  stage: Stage,
  target: Target["name"],
  k: Killed["k"],
  scenario: Scenario<Scene>,
): Promise<Killed> {
  const { steps } = stage;
  const scene = await scenario.open(stage);
  await steps.quiet(QUIET_MS);
  steps.count(k === null ? null : { k, target: stage.targets[target] });
  const unfinished = await scenario.play(stage, scene).then(
    () => [],
    (error: unknown) => [`nothing waits for ever: ${error instanceof Error ? error.message : String(error)}`],
  );
  const taken = steps.seen.length;
  const struck = steps.struck();
  steps.count(null);
  await steps.revived();
  const judgement = await scenario.judge(stage, scene);
  return {
    k,
    step: struck && describeStep(struck.step),
    steps: taken,
    ...judgement,
    broken: [...unfinished, ...judgement.broken],
  };
}

/**
 * A run without a strike, then one for each step that it had, or for those that `choose` picks.
 * @param say is told each run when it is over
 * @throws when the run had too few steps to prove anything
 */
export async function killEverywhere<Scene>(
  stage: Stage,
  target: Target["name"],
  scenario: Scenario<Scene>,
  say: (run: Killed) => void = () => {},
  choose: (steps: number) => (number | string)[] = (steps) => Array.from({ length: steps }, (_, i) => i + 1),
): Promise<Killed[]> {
  const whole = await runOnce(stage, target, null, scenario);
  say(whole);
  if (whole.steps < FEWEST_STEPS) throw new Error(`the run had ${whole.steps} steps, too few to prove anything`);
  const runs = [whole];
  for (const k of choose(whole.steps)) {
    const run = await runOnce(stage, target, k, scenario);
    say(run);
    runs.push(run);
  }
  return runs;
}
