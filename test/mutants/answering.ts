import type { Mutant } from "./mutant.ts";

const TABLES = "migrations/0002_tables.sql";
const SENDING = "migrations/0007_sending.sql";
const CLAIM = "migrations/0021_consent.sql";
const TURNS = "migrations/0008_turns.sql";
const COMMANDS = "migrations/0009_commands.sql";

/** What goes out: turns, drafts, sends and what they cost. */
export const ANSWERING: Mutant[] = [
  {
    name: "two provider calls of a conversation at once",
    law: "Once",
    changes: [
      {
        file: TABLES,
        find: "create unique index send_attempts_one_in_flight",
        replace: "create index send_attempts_one_in_flight",
      },
      {
        file: CLAIM,
        find: "where conversation_id = p_conversation_id and state = 'sending';\n  if found then",
        replace: "where conversation_id = p_conversation_id and state = 'sending';\n  if false then",
      },
    ],
    suite: { files: ["test/database/sending-claim.db.test.ts"], tests: "^F70: of many who claim" },
  },
  {
    name: "who lost the lease records all the same",
    law: "Once",
    changes: [
      {
        file: SENDING,
        find: "try.lease_token is distinct from (p ->> 'lease_token')::uuid",
        replace: "false",
      },
    ],
    suite: { files: ["test/database/sending-claim.db.test.ts"], tests: "^F70: only the holder" },
  },
  {
    name: "a send that nobody answered is made again",
    law: "Once",
    changes: [
      {
        file: SENDING,
        find: "update public.send_attempts set state = 'unknown', ended_at = now(), error_title = 'No answer was recorded for this provider call'",
        replace:
          "update public.send_attempts set state = 'queued', due_at = now(), lease_token = null, lease_until = null",
      },
    ],
    suite: { files: ["test/database/turn-crash.db.test.ts"], tests: "F71: a crash after the commit" },
  },
  {
    name: "a draft is approved as often as anybody likes",
    law: "Once",
    changes: [
      {
        file: COMMANDS,
        find: "if draft.id is null or not draft.is_draft then",
        replace: "if draft.id is null then",
      },
      {
        file: COMMANDS,
        find: "if draft.draft_version + customer_lines + our_lines <> p_version then",
        replace: "if false then",
      },
    ],
    suite: { files: ["test/database/crowd.db.test.ts"], tests: "^F58" },
  },
  {
    name: "a turn under way is not remembered over a crash",
    law: "Once",
    changes: [
      {
        file: "workers/conversation/conversation.ts",
        find: "    await this.ctx.storage.put(TURN_ID, made);\n",
        replace: "",
      },
    ],
    suite: { files: ["workers/conversation/crash.worker.test.ts"], tests: "F49: whoever comes back" },
  },
  {
    name: "a reply is committed whatever a person did meanwhile",
    law: "Freshness",
    changes: [{ file: TURNS, find: "  if talk.epoch <> turn.epoch or talk.answered", replace: "  if talk.answered" }],
    suite: { files: ["test/database/turn-commit.db.test.ts"], tests: "F43: on another channel" },
  },
  {
    name: "a reply is committed whatever the customer wrote meanwhile",
    law: "Freshness",
    changes: [{ file: TURNS, find: "stale := talk.inbound_version <> turn.cursor;", replace: "stale := false;" }],
    suite: { files: ["test/database/turn-commit.db.test.ts"], tests: "^F41: a message between" },
  },
  {
    name: "a reply that waited leaves on an old view",
    law: "Freshness",
    changes: [
      {
        file: CLAIM,
        find: "if (turn.epoch, turn.cursor) is distinct from (talk.epoch, talk.inbound_version) then",
        replace: "if false then",
      },
    ],
    suite: { files: ["test/database/sending-claim.db.test.ts"], tests: "F44: does not leave" },
  },
  {
    name: "the claim does not ask the gate",
    law: "One gate",
    changes: [
      {
        file: CLAIM,
        find: "verdict := switchboard.gate_v1(p_conversation_id, letter.type, actor, switchboard.topic_of(letter));",
        replace: `verdict := '{"allowed": true}';`,
      },
    ],
    suite: { files: ["test/database/sending-claim.db.test.ts"], tests: "F80: a person's message" },
  },
  {
    name: "the quota is read without a lock",
    law: "Truth",
    changes: [
      {
        file: TURNS,
        find: "where org_id = p_org_id and period = switchboard.current_period() for update;",
        replace: "where org_id = p_org_id and period = switchboard.current_period();",
      },
    ],
    suite: { files: ["test/database/usage.db.test.ts"], tests: "F162: 200 turns at once" },
  },
  {
    name: "an answer that was lost counts as a refusal",
    law: "Truth",
    changes: [
      {
        file: "shared/channels/meta/send.ts",
        find: `if (answer.sent) return { state: "unknown", reason: answer.reason };`,
        replace: `if (answer.sent) return { state: "failed", class: "retry", code: "no_answer", title: answer.reason };`,
      },
    ],
    suite: { files: ["shared/channels/meta/send.test.ts"], tests: "^no answer in time" },
  },
];
