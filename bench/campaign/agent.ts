import { percentiles } from "../measure/statistics.ts";
import type { Sample } from "../measure/sample.ts";
import type { Tenant } from "../../test/factories/tenant.ts";
import type { Query } from "./scene.ts";
import { sampleOf } from "./series.ts";

const EVERY_MS = 100;
const TALKS = 200;

/** People who have just written, so that an agent may answer. Returns their conversations. */
export async function openTalks(query: Query, { org_id, business_id, channel_id }: Tenant): Promise<string[]> {
  const rows = await query<{ id: string }>(
    `with people as (
       insert into public.contacts (org_id, business_id, platform_id, wa_id, phone)
       select $1, $2, n, n, '+' || n from (select '4930' || lpad(g::text, 7, '0') as n from generate_series(1, $4::integer) g) x returning id)
     insert into public.conversations (org_id, business_id, channel_id, contact_id, window_expires_at)
     select $1, $2, $3, p.id, now() + interval '1 day' from people p returning id`,
    [org_id, business_id, channel_id, TALKS],
  );
  return rows.map(({ id }) => id);
}

/** An agent's messages by the Worker, ten a second: from the command to the provider's acceptance. */
export async function measureAgent(
  url: string,
  { api_key }: Tenant,
  talks: string[],
  seconds: number,
): Promise<Sample> {
  const took: number[] = [];
  const asked: Promise<void>[] = [];
  const from = Date.now();
  const rounds = Math.floor((seconds * 1000) / EVERY_MS);
  for (let round = 0; round < rounds; round++) {
    const wait = from + round * EVERY_MS - Date.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const send = async () => {
      const began = performance.now();
      const answer = await fetch(`${url}/functions/v1/send-message`, {
        method: "POST",
        headers: { apikey: api_key, "content-type": "application/json" },
        body: JSON.stringify({ conversation_id: talks[round % talks.length], content: "A person here." }),
      });
      const body = await answer.text();
      if (answer.status !== 200) throw new Error(`send-message answered ${answer.status}: ${body}`);
      took.push(performance.now() - began);
    };
    asked.push(send());
  }
  await Promise.all(asked);
  return sampleOf(took.length, Date.now() - from, percentiles(took));
}
