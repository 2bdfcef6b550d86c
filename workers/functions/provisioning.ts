import type { Ledger, Step } from "../../shared/channels/telnyx/provision.ts";
import type { TelnyxAccess } from "../../shared/channels/telnyx/account-api.ts";
import { unseal } from "../../shared/vault/seal.ts";
import type { Caller } from "./command.ts";

export interface Provisioning {
  lease: string;
  webhook_secret: string;
  /** Null when no key is stored, or none that opens. */
  access: TelnyxAccess | null;
  ledger: Ledger;
  /** For whoever comes next; to be called however it ends. */
  end(): Promise<unknown>;
}

interface Begun {
  api_key: string | null;
  webhook_secret: string;
  steps: Step[];
}

/** Takes the lease on an organization's telephony. @throws ServiceError conflict while somebody else has it */
export async function beginProvisioning(
  input: { org_id: string; business_id?: string },
  { tools, ask }: Pick<Caller, "tools" | "ask">,
): Promise<Provisioning> {
  const { org_id } = input;
  const lease = crypto.randomUUID();
  const begun = await ask<Begun>("begin_provisioning_v1", { ...input, lease });
  const place = { column: "organizations.telnyx_api_key_encrypted", row: org_id };
  const api_key = begun.api_key === null ? null : await unseal(await tools.vault, place, begun.api_key);
  const { steps } = begun;
  return {
    lease,
    webhook_secret: begun.webhook_secret,
    access: api_key === null ? null : { telnyx_url: tools.config.TELNYX_API_URL, api_key },
    ledger: {
      steps,
      note: async (noted) => {
        await ask("note_provisioning_v1", { org_id, lease, ...noted });
        const at = steps.findIndex(({ step }) => step === noted.step);
        const known = steps[at];
        if (known) steps[at] = { ...noted, before: known.before ?? noted.before };
        else steps.push(noted);
      },
      failed: (step, error) => ask("note_provisioning_v1", { org_id, lease, step, error }),
      forget: (step) => ask("forget_provisioning_v1", { org_id, lease, step }),
    },
    end: () => ask("end_provisioning_v1", { org_id, lease }),
  };
}
