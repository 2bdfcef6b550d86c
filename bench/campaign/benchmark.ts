import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { Client } from "pg";
import { openPglite } from "../../dev/database/pglite.ts";
import { loginUrl } from "../../dev/database/postgres.ts";
import { startNeonProxy } from "../../dev/database/neon-proxy.ts";
import { migrate } from "../../dev/migrate.ts";
import { createNeonExec } from "../../shared/db/neon.ts";
import type { Benchmark, BenchOptions, Check } from "../benchmark.ts";
import { startRemote } from "../process/remote.ts";
import { describeMachine } from "../stack/machine.ts";
import { startStack } from "../stack/stack.ts";
import { measureAgent, openTalks } from "./agent.ts";
import { measurePeer } from "./peer.ts";
import type { ProviderHandlers } from "./provider-process.ts";
import { measureLeases, openCampaign, startsOf } from "./scene.ts";
import type { Campaign, Query } from "./scene.ts";
import type { SenderHandlers } from "./sender-process.ts";
import { achieved, mostInASecond, sampleOf } from "./series.ts";
import type { Sample } from "../measure/sample.ts";

const SLOW = 80;
const FAST = 1_000;
/** A number that Meta has not raised yet, worked off by one consumer's four batches at a time; and several of them. */
const CONSUMERS = { [SLOW]: 4, [FAST]: 16 };
const LEASES = 20_000;
/** How much longer an agent's message may take beside a campaign, in milliseconds at the 95th percentile. */
const MAX_DELAY_MS = 1_000;
const MIGRATIONS = join(import.meta.dirname, "..", "..", "migrations");

interface Database {
  database_url: string;
  endpoint: string;
  query: Query;
}

export const benchmark: Benchmark = {
  description:
    "a campaign against its pace at 80 and 1,000 a second, beside pg-boss, and an agent's messages while it runs",
  async run(options) {
    const { seconds, rounds, recipients, progress, cleanup } = options;
    const slow = await onPglite(options);

    const stack = await startStack(cleanup, progress);
    const database = { database_url: stack.workerUrl, endpoint: stack.endpoint, query: stack.database.query };
    const exec = createNeonExec({ connection_string: stack.workerUrl, endpoint: stack.endpoint });
    progress(`${recipients} recipients on Postgres`);
    const campaign = await openCampaign(exec, database.query, FAST, recipients);
    const leased = await measureLeases(exec, campaign.campaign_id, LEASES);
    progress(`planned ${Math.round(campaign.planned.rate)}/s, leased ${Math.round(leased.rate)}/s`);

    const talks = await openTalks(database.query, campaign.tenant);
    await measureAgent(stack.workers.ours.url, campaign.tenant, talks, 2);
    const alone = await measureAgent(stack.workers.ours.url, campaign.tenant, talks, seconds);
    const beside: Sample[] = [];
    const fast = await send(options, database, campaign, FAST, seconds * rounds, async () => {
      beside.push(await measureAgent(stack.workers.ours.url, campaign.tenant, talks, seconds * rounds));
    });
    const waits = beside[0] ?? alone;
    progress(
      `${Math.round(fast.sample.rate)}/s of ${FAST}; the agent's p95 ${Math.round(waits.latency.p95)} ms, alone ${Math.round(alone.latency.p95)} ms`,
    );

    const { phone_number_id, access_token } = campaign.tenant;
    const graph_url = await provider(options, campaign, 1_000_000).then(({ url }) => `${url}/v25.0`);
    const peer = await measurePeer(
      { admin_url: stack.database.adminUrl, graph_url, phone_number_id, access_token },
      { recipients, seconds: seconds * rounds },
    );
    progress(`pg-boss: planned ${Math.round(peer.planned.rate)}/s, sent ${Math.round(peer.sent.rate)}/s`);

    const later = waits.latency.p95 - alone.latency.p95;
    return {
      name: "campaign",
      unit: `messages a second of ${FAST} allowed, on Postgres; latencies are an agent's messages meanwhile`,
      ours: fast.sample.rate,
      ceiling: FAST,
      ratio: fast.sample.rate / FAST,
      ...waits.latency,
      checks: [
        ...slow.checks,
        ...fast.checks,
        {
          name: "an agent's message p95 beside the campaign: less than a second more",
          ok: later < MAX_DELAY_MS,
          found: `${later.toFixed(0)} ms`,
        },
      ],
      lines: [
        { name: "planned: a row a recipient", samples: [campaign.planned], against: [peer.planned] },
        { name: "pg-boss: a job a recipient", samples: [peer.planned] },
        { name: "leased in batches of 50", samples: [leased] },
        { name: `sent of ${SLOW} a second, PGlite`, samples: [slow.sample], against: [sampleOf(SLOW, 1000)] },
        { name: `sent of ${FAST} a second, Postgres`, samples: [fast.sample], against: [sampleOf(FAST, 1000)] },
        { name: "pg-boss: called and completed, no pace", samples: [peer.sent] },
        { name: "an agent's messages, alone", samples: [alone] },
        { name: "an agent's messages beside the campaign", samples: [waits] },
      ],
      notes: [
        `${recipients} recipients; peak memory of the senders ${slow.peak_memory_mb} MB and ${fast.peak_memory_mb} MB; ` +
          `the median pause of an agent's message ${waits.latency.p50.toFixed(0)} ms, alone ${alone.latency.p50.toFixed(0)} ms`,
        ...(await describeMachine(stack, { rounds, seconds })),
      ],
    };
  },
};

/** The slow pace on the database of one machine. */
async function onPglite(options: BenchOptions) {
  const { cleanup, progress, seconds, rounds } = options;
  progress("PGlite");
  const password = randomBytes(16).toString("hex");
  const logins = { authenticator: password };
  const backend = await cleanup.adopt(openPglite({ logins, patienceMs: 60_000 }), ({ close }) => close());
  await migrate({ database: backend.adminUrl, directory: MIGRATIONS });
  const proxy = await cleanup.adopt(startNeonProxy({ backend, logins }), ({ close }) => close());
  const database_url = loginUrl(backend.adminUrl, "authenticator", password);
  const query: Query = async <Row extends object>(text: string, params: unknown[] = []) => {
    const client = new Client({ connectionString: backend.adminUrl });
    await client.connect();
    try {
      return (await client.query<Row>(text, params)).rows;
    } finally {
      await client.end();
    }
  };
  const exec = createNeonExec({ connection_string: database_url, endpoint: proxy.fetchEndpoint });
  const campaign = await openCampaign(exec, query, SLOW, Math.ceil(SLOW * (seconds * rounds + 15)));
  const found = await send(
    options,
    { database_url, endpoint: proxy.fetchEndpoint, query },
    campaign,
    SLOW,
    seconds * rounds,
  );
  progress(`${found.sample.rate.toFixed(1)}/s of ${SLOW}`);
  return found;
}

/** Lets a campaign go out for so long, and judges its pace by its attempts and by what the provider saw. */
async function send(
  options: BenchOptions,
  { database_url, endpoint, query }: Database,
  campaign: Campaign,
  pace: typeof SLOW | typeof FAST,
  seconds: number,
  meanwhile: () => Promise<void> = async () => {},
) {
  const { url, calls } = await provider(options, campaign, pace);
  const sender = startRemote<SenderHandlers>(join(import.meta.dirname, "sender-process.ts"), "sender");
  void options.cleanup.adopt(Promise.resolve(sender), ({ stop }) => stop());
  const plan = {
    campaign_id: campaign.campaign_id,
    database_url,
    endpoint,
    graph_url: `${url}/v25.0`,
    seconds,
    consumers: CONSUMERS[pace],
  };
  const [{ peak_memory_mb, failed }] = await Promise.all([sender.call("run", plan), meanwhile()]);
  await sender.stop();
  const starts = await startsOf(query, campaign.campaign_id);
  const { at, to, refused } = await calls();
  const most = mostInASecond(starts);
  const seen = mostInASecond(at);
  const checks: Check[] = [
    {
      name: `no second over ${pace}, by attempt.started_at`,
      ok: starts.length > 0 && most <= pace,
      found: `${most} at most`,
    },
    { name: `at the provider no second more than 1 % over ${pace}`, ok: seen <= pace * 1.01, found: `${seen} at most` },
    { name: `no throttling answer at ${pace}`, ok: refused === 0, found: `${refused}` },
    {
      name: `nobody called twice at ${pace}`,
      ok: new Set(to).size === to.length && failed === 0,
      found: `${to.length} calls to ${new Set(to).size} people, ${failed} batches failed`,
    },
  ];
  return { sample: sampleOf(achieved(starts), 1000), checks, peak_memory_mb };
}

async function provider({ cleanup }: BenchOptions, { tenant }: Campaign, throughput: number) {
  const remote = startRemote<ProviderHandlers>(join(import.meta.dirname, "provider-process.ts"), "provider");
  void cleanup.adopt(Promise.resolve(remote), ({ stop }) => stop());
  const url = await remote.call("start", {
    throughput,
    numbers: [{ ...tenant, display_phone_number: "+15550000000" }],
  });
  return { url, calls: () => remote.call("calls") };
}
