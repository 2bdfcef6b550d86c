import { PgBoss } from "pg-boss";
import type { Sample } from "../measure/sample.ts";
import { sampleOf } from "./series.ts";

const CHUNK = 5_000;
const BATCH = 50;
const CONSUMERS = 8;
const QUEUE = "fan-out";

/**
 * pg-boss at the same work on the same Postgres: one job a recipient, taken in batches of 50, a call to the same provider for
 * each, completed batch by batch. It keeps no pace, has no gate and writes no message.
 */
export async function measurePeer(
  {
    admin_url,
    graph_url,
    phone_number_id,
    access_token,
  }: Record<"admin_url" | "graph_url" | "phone_number_id" | "access_token", string>,
  { recipients, seconds }: { recipients: number; seconds: number },
): Promise<{ planned: Sample; sent: Sample }> {
  const boss = new PgBoss({ connectionString: admin_url, schema: "pgboss", supervise: false, schedule: false });
  boss.on("error", () => {});
  await boss.start();
  try {
    await boss.createQueue(QUEUE);
    const from = Date.now();
    for (let done = 0; done < recipients; done += CHUNK) {
      const jobs = Array.from({ length: Math.min(CHUNK, recipients - done) }, (_, i) => ({
        data: { to: `4915${done + i}` },
      }));
      await boss.insert(QUEUE, jobs);
    }
    const planned = sampleOf(recipients, Date.now() - from);

    let sent = 0;
    const began = Date.now();
    const until = began + seconds * 1000;
    const work = async () => {
      while (Date.now() < until) {
        const jobs = await boss.fetch<{ to: string }>(QUEUE, { batchSize: BATCH });
        if (jobs.length === 0) return;
        await Promise.all(
          jobs.map(async ({ data }) => {
            const answer = await fetch(`${graph_url}/${phone_number_id}/messages`, {
              method: "POST",
              headers: { authorization: `Bearer ${access_token}`, "content-type": "application/json" },
              body: JSON.stringify({
                messaging_product: "whatsapp",
                to: data.to,
                type: "template",
                template: { name: "hello_world", language: { code: "en_US" } },
              }),
            });
            await answer.text();
          }),
        );
        await boss.complete(
          QUEUE,
          jobs.map(({ id }) => id),
        );
        sent += jobs.length;
      }
    };
    await Promise.all(Array.from({ length: CONSUMERS }, work));
    return { planned, sent: sampleOf(sent, Date.now() - began) };
  } finally {
    await boss.stop({ graceful: false });
  }
}
