import { noProviderJson } from "./rules/no-provider-json.ts";
import { noSql } from "./rules/no-sql.ts";
import { oneGate } from "./rules/one-gate.ts";
import { portable } from "./rules/portable.ts";

/** Our own rules for oxlint; `.oxlintrc.json` says in which folders each one holds. */
export default {
  meta: { name: "switchboard" },
  rules: {
    portable,
    "no-sql": noSql,
    "no-provider-json": noProviderJson,
    "one-gate": oneGate,
  },
};
