import type { Rule } from "./rule.ts";

const STATEMENTS = [
  /^\s*select\b[\s\S]*\bfrom\b/i,
  /^\s*select\s+[\w."]+\s*\(/i,
  /^\s*with\s+\w+\s+as\s*\(/i,
  /\binsert\s+into\s+\w/i,
  /^\s*update\s+[\w."]+\s+set\b/i,
  /\bdelete\s+from\s+\w/i,
  /^\s*(set\s+local|begin;|commit;|call\s+\w+\()/i,
];

/** Whether a string reads as an SQL statement. */
export const looksLikeSql = (text: string) => STATEMENTS.some((pattern) => pattern.test(text));

/** `workers/` asks functions of `shared/` for what it needs; a statement in it would be a second home for a rule. */
export const noSql: Rule = {
  create(context) {
    const message = "No SQL in workers/: put the statement into a function of shared/.";
    return {
      Literal(node) {
        if (typeof node.value === "string" && looksLikeSql(node.value)) context.report({ node, message });
      },
      TemplateLiteral(node) {
        if (looksLikeSql(node.quasis.map(({ value }) => value.raw).join("$"))) context.report({ node, message });
      },
    };
  },
};
