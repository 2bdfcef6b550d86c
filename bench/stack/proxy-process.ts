import { startNeonProxy } from "../../dev/database/neon-proxy.ts";
import type { Hooks, NeonProxy } from "../../dev/database/neon-proxy.ts";
import { connectPostgres } from "../../dev/database/postgres.ts";
import { serve } from "../process/serve.ts";

export interface ProxyPlan {
  adminUrl: string;
  logins: Record<string, string>;
  /** Take the caller's role instead of logging in as it, so that no password is set on a server of somebody else's. */
  assumeRoles: boolean;
}

/** Neon's protocol in front of Postgres, in a process of its own, which counts what it is asked. */
export type ProxyHandlers = typeof handlers;

let proxy: NeonProxy | undefined;
const requests = { begun: 0, ended: 0 };

const hooks: Hooks = {
  before: () => void requests.begun++,
  after: () => void requests.ended++,
};

const handlers = {
  async start({ adminUrl, logins, assumeRoles }: ProxyPlan): Promise<string> {
    const backend = connectPostgres({ adminUrl, logins, assumeRoles });
    proxy ??= await startNeonProxy({ backend, logins, hooks });
    return proxy.fetchEndpoint;
  },
  /** SQL requests since the start. */
  async requests(): Promise<typeof requests> {
    return requests;
  },
};

serve(handlers);
