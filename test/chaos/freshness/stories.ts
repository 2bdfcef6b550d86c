import type { Exec } from "../../../shared/db/exec.ts";
import { FAULTS, NOTHING, addFindings } from "./findings.ts";
import type { Findings } from "./findings.ts";
import { tell } from "./story.ts";
import type { Story } from "./story.ts";

export interface Told extends Findings {
  stories: number;
  events_in: number;
  stored: number;
  /** Came in, and is nowhere. */
  lost: number;
  /** Conversations in which the AI has left lines behind. */
  unanswered: number;
  /** Times that an object died, or was taken for dead. */
  crashes: number;
  /** Seeds of the stories in which something is wrong; `--seed` with one of them and `--runs 1` tells it again. */
  bad: number[];
}

const isBad = ({ findings, unanswered, events_in, stored }: Story) =>
  unanswered > 0 || events_in !== stored || FAULTS.some((fault) => findings[fault] > 0);

/** Tells stories with the seeds that follow `seed`, many at a time, and adds up what was found in them. */
export async function tellAll(
  exec: Exec,
  { runs, seed, at_once }: { runs: number; seed: number; at_once: number },
  say: (line: string) => void = () => {},
): Promise<Told> {
  const told: Told = { ...NOTHING, stories: 0, events_in: 0, stored: 0, lost: 0, unanswered: 0, crashes: 0, bad: [] };
  let next = 0;
  const worker = async () => {
    while (next < runs) {
      const story = await tell(exec, seed + next++);
      add(told, story);
      if (isBad(story)) {
        told.bad.push(story.seed);
        say(`seed ${story.seed}: ${JSON.stringify(story.entries)}`);
      }
      if (told.stories % 1_000 === 0) say(`${told.stories} stories told`);
    }
  };
  await Promise.all(Array.from({ length: at_once }, worker));
  return told;
}

function add(told: Told, story: Story): void {
  told.stories += 1;
  told.events_in += story.events_in;
  told.stored += story.stored;
  told.lost += Math.max(0, story.events_in - story.stored);
  told.unanswered += story.unanswered;
  told.crashes += story.crashes;
  addFindings(told, story.findings);
}
