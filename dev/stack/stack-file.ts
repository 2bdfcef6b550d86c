import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SHOP } from "../demo/shop.ts";
import type { StackDatabase } from "./database.ts";
import type { Providers } from "./providers.ts";
import type { Secrets } from "./secrets.ts";
import { roleToken } from "./token.ts";

/** What programs beside the stack need to know of it. Fields are added, never renamed. */
export interface StackFile {
  version: 1;
  /** The Worker. */
  url: string;
  /** Administrator, plain Postgres TCP. */
  database_url: string;
  /** The Worker's login; its HTTP requests go to `neon_endpoint`, or to Neon itself where that is empty. */
  worker_database_url: string;
  neon_endpoint: string;
  simulators: { control: string };
  /** HS256 tokens of the roles of the data API. */
  keys: { anon: string; service_role: string };
  meta: { app_secret: string; verify_token: string };
  /** Null where the database is not ours. */
  demo: Demo | null;
}

/** One with a demo to play. */
export type DemoStack = StackFile & { demo: Demo };

export interface Demo {
  organization_id: string;
  business_id: string;
  channel_id: string;
  phone_number_id: string;
  api_key: string;
  user: { email: string; password: string };
  /** Who conversations can be assigned to. */
  team_members: { id: string; name: string }[];
  twilio: { number: string; account_sid: string };
  telnyx: { number: string };
}

export interface StackParts {
  url: string;
  /** The simulators' base URL. */
  control: string;
  database: Pick<StackDatabase, "adminUrl" | "workerUrl" | "endpoint" | "foreign">;
  providers: Providers;
  secrets: Secrets;
}

export function describeStack({ url, control, database, providers, secrets }: StackParts): StackFile {
  const { app_secret, verify_token, number } = providers.meta;
  const token = (role: "anon" | "service_role") => roleToken(role, secrets.jwt_secret, secrets.created_at);
  return {
    version: 1,
    url,
    database_url: database.adminUrl,
    worker_database_url: database.workerUrl,
    neon_endpoint: database.endpoint,
    simulators: { control },
    keys: { anon: token("anon"), service_role: token("service_role") },
    meta: { app_secret, verify_token },
    demo: database.foreign ? null : demoOf(number, secrets),
  };
}

const demoOf = (number: Providers["meta"]["number"], secrets: Secrets): Demo => ({
  organization_id: SHOP.organization_id,
  business_id: SHOP.business_id,
  channel_id: SHOP.channel_id,
  phone_number_id: number.phone_number_id,
  api_key: secrets.demo_api_key,
  user: { email: SHOP.owner.email, password: secrets.demo_password },
  team_members: [
    { id: SHOP.team_member_id, name: SHOP.owner.name },
    { id: SHOP.agent.team_member_id, name: SHOP.agent.name },
  ],
  twilio: { number: SHOP.twilio.number, account_sid: secrets.twilio_account_sid },
  telnyx: { number: SHOP.telnyx.number },
});

const path = (directory: string) => join(directory, "stack.json");

/** Takes the file of an earlier start away, so that nobody mistakes it for this one's. */
export async function removeStackFile(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await rm(path(directory), { force: true });
}

/** Renamed into place: whoever sees the file sees all of it. It holds secrets, so only its owner may read it. */
export async function writeStackFile(directory: string, content: StackFile): Promise<void> {
  const file = path(directory);
  await writeFile(`${file}.new`, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
