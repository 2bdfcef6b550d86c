import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { createNeonExec } from "../../shared/db/neon.ts";
import type { Exec } from "../../shared/db/exec.ts";
import { ingest } from "../../shared/ingest/ingest.ts";
import { message, newCustomer } from "../../test/factories/events.ts";
import { createTenant, type Tenant } from "../../test/factories/tenant.ts";
import { createTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { lastPosition, readChanges } from "./feed.ts";

let database: TestDatabase;
let exec: Exec;
let tenant: Tenant;
beforeAll(async () => {
  database = await createTestDatabase(inject("cluster"));
  exec = createNeonExec({ connection_string: database.workerUrl, endpoint: database.fetchEndpoint });
  tenant = await createTenant(exec, { channel: { ai_delay_seconds: 60 } });
});
afterAll(() => database.drop());

function write(content: string) {
  const wa_id = newCustomer();
  const contact = { wa_id, phone: `+${wa_id}`, name: "Maya" };
  const event = message(tenant.phone_number_id, wa_id, { content, contact });
  return ingest(exec, { provider: "meta", received_at: Date.now(), events: [event] });
}

test("a customer's line comes with its conversation, the name, and nothing from before", async () => {
  await write("before");
  const start = await lastPosition(exec);
  expect(await readChanges(exec, start)).toEqual({ changes: [], position: start });
  await write("after");
  const { changes, position } = await readChanges(exec, start);
  expect(changes).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ table: "conversations", operation: "INSERT", contact: "Maya" }),
      expect.objectContaining({
        table: "messages",
        operation: "INSERT",
        contact: "Maya",
        record: expect.objectContaining({ content: "after", direction: "inbound" }),
      }),
    ]),
  );
  expect(changes.map(({ record }) => record["content"])).not.toContain("before");
  expect(await readChanges(exec, position)).toMatchObject({ changes: [] });
});
