import type { RuleTester } from "oxlint/plugins-dev";

/** oxlint exports its rule type only through its tester. */
export type Rule = Parameters<RuleTester["run"]>[1];

/** Visitors that hand on every module a file names: imports, dynamic imports and re-exports. */
export function visitSources(check: (source: string, node: SourceNode) => void) {
  const visit = (node: object) => {
    const source: unknown = Reflect.get(node, "source");
    if (isSource(source)) check(source.value, source);
  };
  return {
    ImportDeclaration: visit,
    ImportExpression: visit,
    ExportNamedDeclaration: visit,
    ExportAllDeclaration: visit,
  };
}

interface SourceNode {
  value: string;
  range: [number, number];
  start: number;
  end: number;
}

/** A dynamic import may name its module by an expression, which no rule can follow. */
function isSource(node: unknown): node is SourceNode {
  return typeof node === "object" && node !== null && typeof Reflect.get(node, "value") === "string";
}
