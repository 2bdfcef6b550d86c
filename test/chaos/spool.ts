import { judge } from "./judge.ts";
import type { Verdict } from "./judge.ts";
import type { Rig } from "./rig.ts";
import { sendTraffic } from "./traffic.ts";
import type { Traffic } from "./traffic.ts";

export interface OutageOptions {
  /** Webhooks a second, before, during and after. */
  rate: number;
  /** Seconds that Postgres is away. */
  away: number;
  /** Seconds of traffic before and after. */
  around: number;
  customers: number;
  /** Told what happens. */
  say?: (line: string) => void;
}

export interface Outage {
  traffic: Traffic;
  verdict: Verdict;
  /** Webhooks in the Spool at the end of the outage. */
  backlog: number;
  /** Seconds from the return of Postgres until nothing waited in the Spool. */
  drained_after: number;
  /** AI replies that the provider got since then. */
  replies_afterwards: number;
}

const EVERY_MINUTE = "* * * * *";
/** Local runtimes fire no cron; ours comes more often than the real one, so that a run does not take minutes. */
const SWEEP_EVERY_MS = 5_000;
const PATIENCE_MS = 300_000;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Takes Postgres away under steady traffic, brings it back, waits until everything has come to rest, and judges. */
export async function runOutage(
  rig: Rig,
  { rate, away, around, customers, say = () => {} }: OutageOptions,
): Promise<Outage> {
  rig.simulators.api.setModel([{ reply: "Thank you, noted.", confidence: 97 }]);
  const sweep = setInterval(() => rig.worker().cron(EVERY_MINUTE), SWEEP_EVERY_MS);
  try {
    say(`${rate} webhooks a second for ${around + away + around} s`);
    const sending = sendTraffic(rig, { rate, seconds: around + away + around, customers });
    await pause(around * 1000);
    await rig.database.goAway();
    say("Postgres is away");
    await pause(away * 1000);
    const { spool } = await rig.health();
    say(`in the Spool: ${spool.backlog}, the oldest for ${spool.oldest_age_seconds} s`);
    await rig.database.comeBack();
    const back_at = Date.now();
    say("Postgres is back");
    await untilDrained(rig);
    const drained_after = (Date.now() - back_at) / 1000;
    say(`nothing in the Spool after ${drained_after.toFixed(1)} s`);
    const traffic = await sending;
    const verdict = await untilAtRest(rig, traffic.ids);
    const replies = rig.simulators.api.requests({ provider: "meta", since: { at: back_at } }).filter(isReply);
    return { traffic, verdict, backlog: spool.backlog, drained_after, replies_afterwards: replies.length };
  } finally {
    clearInterval(sweep);
  }
}

export async function untilDrained(rig: Rig): Promise<void> {
  for (const give_up_at = Date.now() + PATIENCE_MS; Date.now() < give_up_at; await pause(250)) {
    const { spool } = await rig.health();
    if (spool.backlog === 0) return;
  }
  throw new Error("the Spool is not drained");
}

/** The verdict when nothing is lost or unanswered any more, or the last one before patience ends. */
async function untilAtRest(rig: Rig, ids: string[]): Promise<Verdict> {
  const give_up_at = Date.now() + PATIENCE_MS;
  for (;;) {
    const verdict = await judge(rig, ids);
    if ((verdict.lost === 0 && verdict.unanswered === 0) || Date.now() > give_up_at) return verdict;
    await pause(500);
  }
}

function isReply({ body, status }: { body: unknown; status: number | null }): boolean {
  return status === 200 && typeof body === "object" && body !== null && "biz_opaque_callback_data" in body;
}
