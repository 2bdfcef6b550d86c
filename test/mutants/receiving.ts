import type { Mutant } from "./mutant.ts";

const TABLES = "migrations/0002_tables.sql";
const ACCESS = "migrations/0003_access.sql";
const INGEST = "migrations/0006_ingest.sql";
const BATCH = "migrations/0049_number_changes_hands.sql";

/** What comes in: storing it, and whose it is. */
export const RECEIVING: Mutant[] = [
  {
    name: "a webhook is answered before it is stored",
    law: "Conservation",
    changes: [
      {
        file: "workers/webhooks/receive.ts",
        find: "  const wake = await keep({ webhook: { provider, received_at, body }, events, budget_ms }, env, tools);",
        replace:
          "  void keep({ webhook: { provider, received_at, body }, events, budget_ms }, env, tools).catch(() => {});\n  const wake = [];",
      },
    ],
    suite: { files: ["workers/spool/keep.worker.test.ts"], tests: "F8: when the Spool is away too" },
  },
  {
    name: "what comes before its message is dropped",
    law: "Conservation",
    changes: [
      {
        file: INGEST,
        find: "values (p_channel_id, p_target, p_kind, md5((p_event - 'raw')::text), p_event)",
        replace: "select p_channel_id, p_target, p_kind, md5((p_event - 'raw')::text), p_event where false",
      },
    ],
    suite: { files: ["test/database/ingest-changes.db.test.ts"], tests: "^F15: an edit and a revocation" },
  },
  {
    name: "one message, any number of rows",
    law: "Once",
    changes: [
      { file: TABLES, find: "create unique index messages_provider_id", replace: "create index messages_provider_id" },
      {
        file: INGEST,
        find: "    on conflict (channel_id, wa_message_id) where wa_message_id is not null do nothing\n",
        replace: "",
      },
    ],
    suite: { files: ["test/database/crowd.db.test.ts"], tests: "^F5: delivered twelve" },
  },
  {
    name: "a failure outranks a delivery",
    law: "Convergence",
    changes: [
      {
        file: INGEST,
        find: "when 'failed' then 7 when 'delivered' then 8",
        replace: "when 'delivered' then 7 when 'failed' then 8",
      },
    ],
    suite: { files: ["test/database/ingest-changes.db.test.ts"], tests: "^F76: any order" },
  },
  {
    name: "the last status wins",
    law: "Convergence",
    changes: [
      {
        file: INGEST,
        find: "case\n        when switchboard.delivery_rank(f.reached) > switchboard.delivery_rank(m.delivery_status) then f.reached",
        replace: "case\n        when true then f.reached",
      },
    ],
    suite: { files: ["test/database/ingest-changes.db.test.ts"], tests: "^F76: any order" },
  },
  {
    name: "first messages do not wait for each other",
    law: "Convergence",
    changes: [
      {
        file: BATCH,
        find: "    perform switchboard.lock_people(array_agg(s.business_id), array_agg(s.ref)) from switchboard.strangers(items) s;\n",
        replace: "",
      },
    ],
    suite: { files: ["test/database/ingest-identity.db.test.ts"], tests: "^F25, F26: the same for a person" },
  },
  {
    name: "people see every business",
    law: "Isolation",
    changes: [
      {
        file: ACCESS,
        find: "create policy member on %s for select to authenticated\n      using (business_id = any ((select switchboard.my_business_ids())::uuid[]))",
        replace: "create policy member on %s for select to authenticated\n      using (true)",
      },
    ],
    suite: { files: ["shared/db/access.db.test.ts"], tests: "sees in every table" },
  },
  {
    name: "an unknown number's events go to somebody",
    law: "Isolation",
    changes: [
      {
        file: INGEST,
        find: "where k.provider = p_provider and k.phone_number_id = r.event ->> 'account' and k.active limit 1) c on true",
        replace:
          "where k.provider = p_provider and k.active order by k.phone_number_id <> r.event ->> 'account' limit 1) c on true",
      },
    ],
    suite: { files: ["test/database/ingest-routing.db.test.ts"], tests: "^F11: events for a number that nobody" },
  },
  {
    name: "any signature is good enough",
    law: "Isolation",
    changes: [
      {
        file: "shared/channels/meta/verify.ts",
        find: "if (timingSafeEqual(await hmacSha256(secret, request.body), given)) genuine = true;",
        replace: "genuine = true;",
      },
    ],
    suite: { files: ["shared/channels/meta/verify.test.ts"], tests: "^F10" },
  },
];
