import type { ProviderEvent } from "../../shared/channels/events.ts";
import { NUMBER, WABA } from "../../shared/channels/meta/fixtures.ts";
import { normalise } from "../../shared/channels/meta/normalise.ts";
import type { Tenant } from "../factories/tenant.ts";

/**
 * An event of the number and the account of the fixtures: as `ingest` takes it, or as a raw webhook body of Meta's, which
 * may hold several.
 */
export type Given = ProviderEvent | Record<string, unknown>;

/** The same events at a tenant of their own, read as the Worker would read them. */
export async function placeAt(tenant: Tenant, given: Given[]): Promise<ProviderEvent[][]> {
  return Promise.all(
    given.map(async (one) => {
      const moved: Given = JSON.parse(
        JSON.stringify(one).replaceAll(NUMBER, tenant.phone_number_id).replaceAll(WABA, tenant.waba_id),
      );
      const events = isEvent(moved) ? [moved] : await normalise(moved);
      return events.map((event) => ofThisAccount(event, tenant));
    }),
  );
}

/** What is read back from a tenant's rows, under the fixtures' names again. */
export function asGiven(tenant: Tenant, text: string): string {
  return text.replaceAll(tenant.phone_number_id, NUMBER).replaceAll(tenant.waba_id, WABA);
}

function isEvent(given: Given): given is ProviderEvent {
  return "kind" in given;
}

/** Digests of account events are unique in the whole database: without this only one tenant could have each. */
function ofThisAccount(event: ProviderEvent, { waba_id }: Tenant): ProviderEvent {
  return event.kind === "account" ? { ...event, dedupe: `${waba_id} ${event.dedupe}` } : event;
}
