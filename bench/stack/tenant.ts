import { createNeonExec } from "../../shared/db/neon.ts";
import { createTenant } from "../../test/factories/tenant.ts";
import type { Tenant } from "../../test/factories/tenant.ts";
import type { Stack } from "./stack.ts";

const NO_LIMIT = 1_000_000_000;

/**
 * A tenant without a monthly limit. `delay_seconds` is the AI's; with an hour of it objects are woken and armed, and no
 * turn begins while anything is measured.
 */
export async function addTenant(
  { endpoint, workerUrl }: Stack,
  { ai_enabled, delay_seconds }: { ai_enabled: boolean; delay_seconds: number },
): Promise<Tenant> {
  const exec = createNeonExec({ connection_string: workerUrl, endpoint });
  return createTenant(exec, {
    organization: { plan: "enterprise", monthly_message_limit: NO_LIMIT },
    business: { ai_enabled },
    channel: { ai_delay_seconds: delay_seconds, ai_max_wait_seconds: 2 * delay_seconds },
  });
}
