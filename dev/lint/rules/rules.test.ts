import { RuleTester } from "oxlint/plugins-dev";
import { describe, test } from "vitest";
import { noProviderJson } from "./no-provider-json.ts";
import { noSql } from "./no-sql.ts";
import { oneGate } from "./one-gate.ts";
import { portable } from "./portable.ts";

RuleTester.describe = describe;
RuleTester.it = test;
const tester = new RuleTester({ languageOptions: { parserOptions: { lang: "ts" } } });
const refused = (code: string) => ({ code, errors: 1 });

tester.run("portable", portable, {
  valid: [
    `import { z } from "zod";`,
    `import { cleanText } from "../text/clean.ts";`,
    `import type { Exec } from "../network-workers.ts";`,
  ],
  invalid: [
    refused(`import { DurableObject } from "cloudflare:workers";`),
    refused(`import type { Queue } from "@cloudflare/workers-types";`),
    refused(`import { claim } from "../../workers/sending/claim.ts";`),
    refused(`export * from "../workers/index.ts";`),
    refused(`const { env } = await import("cloudflare:workers");`),
  ],
});

tester.run("no-sql", noSql, {
  valid: [
    `const title = "Select a conversation";`,
    `log("the update was set aside");`,
    `const hint = "with care";`,
    `await beginTurn(exec, { conversation_id });`,
  ],
  invalid: [
    refused(`exec("select id from messages");`),
    refused("exec(`select * from ${table} where id = $1`);"),
    refused(`exec("select switchboard.ingest_v1($1)");`),
    refused(`exec("WITH due AS (table send_attempts) table due");`),
    refused(`exec("insert into messages (id) values ($1)");`),
    refused(`exec("update messages set status = $1");`),
    refused("exec(`\n  delete from outbox`);"),
  ],
});

tester.run("no-provider-json", noProviderJson, {
  valid: [
    `const { status } = outcome;`,
    `import { meta } from "../../shared/channels/meta/index.ts";`,
    `const body = { conversation_id, content: "hello" };`,
  ],
  invalid: [
    refused(`const body = { messaging_product: "whatsapp" };`),
    refused(`const first = value.statuses[0];`),
    refused(`const first = value["statuses"];`),
    refused(`const id = "biz_opaque_callback_data";`),
    refused(`import { webhookBody } from "../../shared/channels/meta/payload.ts";`),
  ],
});

describe("F108", () => {
  tester.run("one-gate", oneGate, {
    valid: [
      `import { meta } from "../../shared/channels/meta/index.ts"; await meta.verify(request, secrets);`,
      `await env.QUEUE.send(message);`,
      `import { send } from "../sending/send.ts"; await send(attempt);`,
    ],
    invalid: [
      refused(`import { send } from "../../shared/channels/meta/send.ts";`),
      refused(`export { send } from "../../shared/channels/meta/send.ts";`),
      refused(`import { meta } from "../../shared/channels/meta/index.ts"; await meta.send(message, keys);`),
      refused(`import { meta } from "../../shared/channels/meta/index.ts"; const { send } = meta;`),
      refused(`import * as channels from "../../shared/channels/index.ts"; channels[kind].send(message, keys);`),
      refused(
        `import { channelFor } from "../../shared/channels/index.ts"; (await channelFor(kind)).send(message, keys);`,
      ),
      refused(
        `import { channelFor } from "../../shared/channels/index.ts"; const door = channelFor(kind); await door.send(message, keys);`,
      ),
    ],
  });
});
