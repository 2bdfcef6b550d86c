import { expect, test } from "vitest";
import { buildRows, insertStatement } from "./rows.ts";

const thread = { conversation_id: "c", business_id: "b", org_id: "o", channel_id: "h", contact_id: "k" };
const plan = { table: "t", threads: [thread], prefix: "wamid.", count: 2, batch: 1, at: 1_790_000_000 };

test("as many parameters as the statement takes, for one row and for many", () => {
  for (const batch of [1, 3]) {
    const wanted = insertStatement("t", batch).match(/\$\d+/g) ?? [];
    for (const parameters of buildRows({ ...plan, batch })) expect(parameters).toHaveLength(wanted.length);
  }
});

test("ids go on over the inserts, and quotes in an array are escaped", () => {
  const id = 8;
  expect(buildRows(plan).map((row) => row[id])).toEqual(["wamid.0", "wamid.1"]);
  const batches = buildRows({ ...plan, batch: 2 });
  expect(batches.map((columns) => columns[id])).toEqual(['{"wamid.0","wamid.1"}', '{"wamid.2","wamid.3"}']);
  const payload = batches[0]?.[13] ?? "";
  expect(payload.startsWith('{"{\\"from\\":')).toBe(true);
});
