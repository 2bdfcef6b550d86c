import { createTelnyxAccounts } from "../../dev/simulators/telnyx/accounts.ts";
import { createNeonExec } from "../../shared/db/neon.ts";
import { openVault } from "../../shared/vault/keys.ts";
import { seal } from "../../shared/vault/seal.ts";
import { TEST_MASTER_KEY } from "../../test/factories/tenant.ts";
import type { Stack } from "../stack/stack.ts";
import { addTenant } from "../stack/tenant.ts";

export interface VoiceTenant {
  org_id: string;
  webhook_secret: string;
  number: string;
  /** Of its Telnyx account. */
  api_key: string;
}

const NUMBER = "+15550001111";
const TELNYX_KEY = "KEY-of-the-benchmark";
const ULTRAVOX_KEY = "benchmrk.0123456789abcdef0123456789abcdef";

/** A tenant with one number that takes calls, and both providers' keys. */
export async function addVoiceTenant(stack: Stack): Promise<VoiceTenant> {
  const { org_id, channel_id } = await addTenant(stack, { ai_enabled: true, delay_seconds: 3600 });
  const exec = createNeonExec({ connection_string: stack.workerUrl, endpoint: stack.endpoint });
  const vault = await openVault(TEST_MASTER_KEY);
  const sealed = (name: string, value: string) =>
    seal(vault, { column: `organizations.${name}_encrypted`, row: org_id }, value);
  const { public_key } = createTelnyxAccounts().add(TELNYX_KEY);
  const [rows] = await exec({ role: "switchboard_worker" }, [
    {
      text: `update public.organizations set telnyx_public_key_encrypted = convert_to($2, 'UTF8'),
          telnyx_api_key_encrypted = convert_to($3, 'UTF8'), ultravox_api_key_encrypted = convert_to($4, 'UTF8')
        where id = $1 returning webhook_secret`,
      params: [
        org_id,
        await sealed("telnyx_public_key", public_key),
        await sealed("telnyx_api_key", TELNYX_KEY),
        await sealed("ultravox_api_key", ULTRAVOX_KEY),
      ],
    },
    {
      text: `update public.channels set provider = 'telnyx', platform = 'voice', phone_number = $2, phone_number_id = org_id || '/' || $2
        where id = $1`,
      params: [channel_id, NUMBER],
    },
  ]);
  return { org_id, webhook_secret: String(rows?.[0]?.["webhook_secret"]), number: NUMBER, api_key: TELNYX_KEY };
}
