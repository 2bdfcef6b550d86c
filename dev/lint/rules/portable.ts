import type { Rule } from "./rule.ts";
import { visitSources } from "./rule.ts";

const PLATFORM =
  /^(cloudflare:|@cloudflare\/|wrangler$|miniflare$)|(^|\/)(workers|worker-configuration)(\/|\.d\.ts$|$)/;

/** `shared/` runs in workerd, Node and tests alike, so it imports nothing that only one of them has. */
export const portable: Rule = {
  create: (context) =>
    visitSources((source, node) => {
      if (PLATFORM.test(source))
        context.report({ node, message: `shared/ must run outside Cloudflare: no import of ${source}.` });
    }),
};
