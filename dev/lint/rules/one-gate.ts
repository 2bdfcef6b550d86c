import type { Rule } from "./rule.ts";
import { visitSources } from "./rule.ts";

const SEND_MODULE = /(^|\/)channels\/[\w-]+\/send(\.ts)?$/;
const CHANNELS = /(^|\/)channels(\/|$)/;

/**
 * Only `workers/sending/` may reach a provider's send: every other way would go round the policy gate (F108).
 * Refuses an import of a provider's send module, and `x.send` where x came out of `channels/`, also by way of a call,
 * an index or another variable.
 */
export const oneGate: Rule = {
  create(context) {
    const message = "Only workers/sending/ may call a provider's send: everything else goes through the gate (F108).";
    const fromChannels = new Set<string>();
    const reaches = (node: object) => fromChannels.has(rootName(node));
    return {
      ...visitSources((source, node) => {
        if (SEND_MODULE.test(source)) context.report({ node, message });
      }),
      ImportSpecifier: (node) => remember(node.local.name, node.parent),
      ImportDefaultSpecifier: (node) => remember(node.local.name, node.parent),
      ImportNamespaceSpecifier: (node) => remember(node.local.name, node.parent),
      VariableDeclarator({ id, init }) {
        if (!init || !reaches(init)) return;
        if (id.type === "Identifier") fromChannels.add(id.name);
        if (id.type !== "ObjectPattern") return;
        for (const property of id.properties) {
          if (property.type === "Property" && nameOf(property.key) === "send")
            context.report({ node: property, message });
        }
      },
      MemberExpression(node) {
        if (nameOf(node.property) === "send" && reaches(node.object)) context.report({ node, message });
      },
    };

    function remember(local: string, declaration: object) {
      const source = "source" in declaration ? (declaration.source as { value: string }).value : "";
      if (CHANNELS.test(source)) fromChannels.add(local);
    }
  },
};

/** The variable an expression starts from: `channels` in `channels[kind].send` and in `(await channels(kind)).send`. */
function rootName(node: object): string {
  const inner = ["object", "callee", "argument", "expression"]
    .map((key) => Reflect.get(node, key))
    .find((value) => value);
  return typeof inner === "object" && inner !== null ? rootName(inner) : nameOf(node);
}

function nameOf(node: object): string {
  const name: unknown = Reflect.get(node, "name") ?? Reflect.get(node, "value");
  return typeof name === "string" ? name : "";
}
