import { call } from "../../shared/db/call.ts";
import { ServiceError } from "../../shared/errors.ts";
import { describeError } from "../../shared/log.ts";
import type { SealedSecret } from "../../shared/sending/attempt.ts";
import { within } from "../../shared/time/within.ts";
import { unseal } from "../../shared/vault/seal.ts";
import type { Tools } from "../tools.ts";

/** Whom a webhook names before it is verified. */
export interface Named {
  provider: string;
  account: string;
  /** From its address; null where that has none. */
  webhook_secret: string | null;
}

export interface Tenant {
  secrets: string[];
  /** The row that has them: an organization's or an account's id. */
  owner: string;
}

interface Known extends Tenant {
  /** Unix milliseconds. */
  asked_at: number;
}

/** So long an isolate relies on what it knows: a changed or withdrawn secret holds from then on. */
const FRESH_MS = 30_000;
const POSTGRES_BUDGET_MS = 2_000;
const MAX_KNOWN = 1_000;

const isolates = new WeakMap<object, Map<string, Known>>();

/**
 * What the named tenant's webhooks may be signed with. While Postgres is away the last answer counts, however old.
 * @throws ServiceError not_found when nobody is meant; unavailable when that cannot be known now
 */
export async function tenant(
  named: Named,
  env: Env,
  tools: Tools,
  budget_ms: number = POSTGRES_BUDGET_MS,
): Promise<Tenant> {
  const known = isolates.get(env) ?? new Map<string, Known>();
  isolates.set(env, known);
  const key = JSON.stringify([named.provider, named.account, named.webhook_secret]);
  const before = known.get(key);
  if (before && tools.now() - before.asked_at < FRESH_MS) return before;
  const found = await ask(named, tools, budget_ms).catch((error: unknown) => {
    tools.log("error", "webhook.tenant", { provider: named.provider, error: describeError(error) });
    if (before) return before;
    throw new ServiceError("unavailable", "Whose webhook this is cannot be looked up now. Deliver it again.");
  });
  if (found === null) {
    known.delete(key);
    throw new ServiceError("not_found", "No account here has this webhook.");
  }
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(key, { ...found, asked_at: tools.now() });
  return found;
}

async function ask(named: Named, { exec, vault }: Tools, budget_ms: number): Promise<Tenant | null> {
  const found = call<{ secrets: SealedSecret[] } | null>(exec, "webhook_secrets_v1", named);
  const sealed = (await within(budget_ms, found))?.secrets;
  if (!sealed?.[0]) return null;
  const opened = await Promise.all(sealed.map(async (secret) => unseal(await vault, secret, secret.value)));
  return { secrets: opened.filter((secret) => secret !== null), owner: sealed[0].row };
}
