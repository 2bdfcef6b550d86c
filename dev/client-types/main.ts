import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { commands } from "../../workers/functions/registry.ts";
import { openMigrated } from "../catalogue/migrated.ts";
import { readRelations } from "./read.ts";
import { renderTypes } from "./render.ts";

export const TYPES = join(import.meta.dirname, "..", "..", "shared", "client", "database.ts");

const database = await openMigrated();
const types = renderTypes(await readRelations(database.run), commands.values());
await database.close();
await writeFile(TYPES, types);
console.log(`shared/client/database.ts: ${types.split("\n").length} lines`);
