import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { columnKinds } from "./kinds.ts";
import { lineagePage } from "./page.ts";
import { readLineage } from "./rows.ts";

const rows = readLineage();
writeFileSync(join(import.meta.dirname, "../../docs/lineage.md"), lineagePage(rows, columnKinds()));
console.log(
  `docs/lineage.md: ${rows.length} columns, ${rows.filter(({ home }) => home === "").length} without a home yet`,
);
