import type { Exec } from "../../db/exec.ts";
import { arrayLiteral } from "../compile/sql.ts";
import { buildSchema } from "./build.ts";
import type { Catalogue } from "./build.ts";
import { INTROSPECT } from "./introspect.ts";
import type { Schema } from "./model.ts";

const DOOR_ROLES = ["anon", "authenticated", "service_role"];

/** Reads what clients may reach in these schemas: one round trip, some tens of milliseconds. */
export async function loadSchema(exec: Exec, schemas: string[]): Promise<Schema> {
  const [, rows] = await exec({ role: "anon" }, [
    { text: "SELECT set_config('search_path', '', true)" },
    { text: INTROSPECT, params: [arrayLiteral(schemas), arrayLiteral(DOOR_ROLES)] },
  ]);
  return buildSchema(rows?.[0]?.["schema"] as Catalogue);
}
