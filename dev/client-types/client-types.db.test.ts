import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "@supabase/supabase-js";
import { afterAll, beforeAll, expect, expectTypeOf, test } from "vitest";
import type { Commands, Database } from "../../shared/client/database.ts";
import { commands } from "../../workers/functions/registry.ts";
import { openMigrated } from "../catalogue/migrated.ts";
import { readRelations } from "./read.ts";
import { renderTypes } from "./render.ts";

let database: Awaited<ReturnType<typeof openMigrated>>;
beforeAll(async () => void (database = await openMigrated()));
afterAll(() => database.close());

const CHECKED_IN = join(import.meta.dirname, "..", "..", "shared", "client", "database.ts");

test("the types that clients import are those of the schema and the commands; else run `npm run types`", async () => {
  const types = renderTypes(await readRelations(database.run), commands.values());
  expect(readFileSync(CHECKED_IN, "utf8")).toBe(types);
});

test("what no door shows is not in them", () => {
  const types = readFileSync(CHECKED_IN, "utf8");
  for (const secret of ["access_token: string;", "key_hash", "invitation_token", "telnyx_api_key_encrypted: string;"]) {
    expect(types).not.toContain(`          ${secret}`);
  }
});

test("a client that is given them knows rows, embedded rows, and what may be written", () => {
  const sb = createClient<Database>("http://localhost", "key");
  const inbox = () => sb.from("conversations").select("id, status, contacts(name, tags), channels(label)");
  type Row = NonNullable<Awaited<ReturnType<typeof inbox>>["data"]>[number];
  expectTypeOf<Row["status"]>().toEqualTypeOf<"ai_handling" | "assigned" | "resolved">();
  expectTypeOf<Row["contacts"]["tags"]>().toEqualTypeOf<string[]>();
  expectTypeOf<Database["public"]["Tables"]["conversations"]["Update"]>().toEqualTypeOf<{
    ai_enabled?: boolean;
    assigned_to?: string | null;
    status?: "ai_handling" | "assigned" | "resolved";
  }>();
  expectTypeOf<Commands["mark-read"]["input"]>().toEqualTypeOf<{ conversation_id: string }>();
});
