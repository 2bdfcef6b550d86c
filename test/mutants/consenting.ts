import type { Mutant } from "./mutant.ts";

const CONSENT = "migrations/0021_consent.sql";
const GATE = "migrations/0028_twilio.sql";
const CONTACTS = "migrations/0022_one_contact.sql";

/** What may go wrong with who wants to be written to, and with who is who. */
export const CONSENTING: Mutant[] = [
  {
    name: "consent is asked of marketing only",
    law: "One gate",
    changes: [
      {
        file: GATE,
        find: "select 6, 'consent', jsonb_build_object('topic', p_topic, 'objection', objection), objection is null, objection from facts",
        replace:
          "select 6, 'consent', jsonb_build_object('topic', p_topic), objection is null or p_topic <> 'marketing', objection from facts",
      },
    ],
    suite: { files: ["test/database/consent.db.test.ts"], tests: "F112: after" },
  },
  {
    name: "a start grants what a stop never took",
    law: "Truth",
    changes: [
      {
        file: CONSENT,
        find: "case p_word when 'stop' then 'withdrawn' else 'restored' end",
        replace: "case p_word when 'stop' then 'withdrawn' else 'granted' end",
      },
    ],
    suite: { files: ["test/database/consent.db.test.ts"], tests: "F116: START restores" },
  },
  {
    name: "of two consents that become one the last word holds",
    law: "One gate",
    changes: [
      {
        file: CONTACTS,
        find: "where c.id = p_into and scope.strictest <> coalesce(",
        replace: "where false and c.id = p_into and scope.strictest <> coalesce(",
      },
    ],
    suite: { files: ["test/database/merge.db.test.ts"], tests: "F31, F116" },
  },
  {
    name: "whoever has a number that somebody changed to is taken for that person",
    law: "Isolation",
    changes: [
      {
        file: CONTACTS,
        find: "where v.contact_id = c.id and coalesce(m.provider_ts, m.created_at) < p_at",
        replace: "where false and v.contact_id = c.id and coalesce(m.provider_ts, m.created_at) < p_at",
      },
    ],
    suite: { files: ["test/database/merge.db.test.ts"], tests: "F28: who had the number" },
  },
];
