import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { TestDatabase } from "../../dev/database/test-database.ts";
import { createTestDatabase } from "../../dev/database/test-database.ts";

const OURS = "'{authenticator,anon,authenticated,service_role,switchboard_worker,switchboard_definer}'::text[]";
const DOORS = "'{anon,authenticated,service_role}'::text[]";
const TABLES =
  "pg_class where relnamespace in ('public'::regnamespace, 'switchboard'::regnamespace) and relkind in ('r', 'p')";
const FUNCTIONS = `(select p.*, p.oid::regprocedure::text as name, r.rolname as owner from pg_proc p
  join pg_roles r on r.oid = p.proowner where p.pronamespace in ('public'::regnamespace, 'switchboard'::regnamespace)) f`;

let database: TestDatabase;
let admin: Client;

beforeAll(async () => {
  database = await createTestDatabase(inject("cluster"));
  admin = new Client({ connectionString: database.adminUrl });
  await admin.connect();
});
afterAll(async () => {
  await admin.end();
  await database.drop();
});

/** The names that a query finds, in order. */
async function names(query: string): Promise<string[]> {
  const { rows } = await admin.query(`select name from (${query}) q order by name`);
  return rows.map(({ name }) => String(name));
}

describe("F139: nothing of ours passes by row-level security", () => {
  test("no role of ours bypasses it, or may become one that does", async () => {
    const query = `select mine.rolname || ' as ' || theirs.rolname as name from pg_roles mine, pg_roles theirs
      where mine.rolname = any (${OURS}) and (theirs.rolsuper or theirs.rolbypassrls)
        and pg_has_role(mine.oid, theirs.oid, 'member')`;
    expect(await names(query)).toEqual([]);
    expect(await names(`select rolname as name from pg_roles where rolname = any (${OURS})`)).toHaveLength(6);
  });

  test("it is forced on every table, but for the history of migrations, which none of our roles may touch", async () => {
    const unforced = `select oid::regclass::text as name from ${TABLES} and not (relrowsecurity and relforcerowsecurity)`;
    expect(await names(unforced)).toEqual(["switchboard.migrations"]);
    expect(
      await names(`select rolname as name from pg_roles where rolname = any (${OURS})
        and has_table_privilege(oid, 'switchboard.migrations', 'select, insert, update, delete, truncate')`),
    ).toEqual([]);
  });

  test("every view asks with the caller's rights", async () => {
    const all =
      "select relname as name, reloptions from pg_class where relnamespace = 'public'::regnamespace and relkind = 'v'";
    expect(await names(all)).not.toEqual([]);
    expect(
      await names(`select name from (${all}) v where 'security_invoker=true' <> all (coalesce(reloptions, '{}'))`),
    ).toEqual([]);
  });
});

describe("functions", () => {
  test("every one that runs with its owner's rights is the definer's and has an empty search path", async () => {
    const definers = `select name, owner, proconfig from ${FUNCTIONS} where prosecdef`;
    expect(await names(definers)).not.toEqual([]);
    const wrong = `select name from (${definers}) d
      where owner <> 'switchboard_definer' or proconfig is null or 'search_path=""' <> all (proconfig)`;
    expect(await names(wrong)).toEqual([]);
  });

  // A search path of its own would keep Postgres from inlining an expression, which runs under its caller's anyway.
  test("every one of ours has an empty search path, or is an immutable expression", async () => {
    const query = `select name from ${FUNCTIONS} join pg_language l on l.oid = prolang
      where pronamespace = 'switchboard'::regnamespace and (proconfig is null or 'search_path=""' <> all (proconfig))
        and not (lanname = 'sql' and provolatile = 'i' and not prosecdef)`;
    expect(await names(query)).toEqual([]);
  });

  test("none may be called by everybody or by callers without a key", async () => {
    const everybody = `select name from ${FUNCTIONS}, aclexplode(coalesce(proacl, acldefault('f', proowner))) acl
      where acl.grantee = 0 or acl.grantee = 'anon'::regrole`;
    expect(await names(everybody)).toEqual([]);
  });

  test("people may call those of ours that tell them what is theirs, and no other", async () => {
    const query = `select name from ${FUNCTIONS} where pronamespace = 'switchboard'::regnamespace
      and has_function_privilege('authenticated', oid, 'execute')`;
    expect(await names(query)).toEqual([
      "switchboard.are_hours(jsonb)",
      "switchboard.at_door()",
      "switchboard.is_sealed(bytea)",
      "switchboard.is_sealed(text)",
      "switchboard.my_admin_org_ids()",
      "switchboard.my_assigned_contact_ids()",
      "switchboard.my_assigned_conversation_ids()",
      "switchboard.my_business_ids()",
      "switchboard.my_colleague_ids()",
      "switchboard.my_managed_business_ids()",
      "switchboard.my_org_ids()",
      "switchboard.my_restricted_org_ids()",
      "switchboard.my_writable_business_ids()",
    ]);
  });
});

describe("what the roles of the doors may write", () => {
  const rights = async (role: string) => {
    const query = `select format('%s %s: %s', kind, c.relname, string_agg(a.attname, ' ' order by a.attname)) as name
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped,
        unnest('{insert,update}'::text[]) as kind
      where c.relnamespace in ('public'::regnamespace, 'switchboard'::regnamespace) and c.relkind in ('r', 'v')
        and has_column_privilege('${role}', c.oid, a.attnum, kind)
      group by kind, c.relname order by 1`;
    return names(query);
  };
  const OF_PEOPLE = [
    "insert messages: business_id content conversation_id direction id media_type media_url org_id sender_type",
    "update businesses: ai_enabled ai_model ai_system_prompt ai_temperature name settings",
    "update channels: active ai_auto_send ai_confidence_threshold ai_delay_seconds ai_max_wait_seconds ai_prompt_override call_greeting call_max_seconds call_recording call_voice calls_forward_to calls_hours label strict_order_seconds",
    "update contacts: avatar_url conversation_status email name notes tags timezone unread_count",
    "update conversations: ai_enabled assigned_to status",
    "update messages: read",
    "update organizations: agents_see_assigned_only ai_confidence_threshold branding calls_at_once monthly_ai_budget_usd monthly_call_seconds name settings",
  ];
  const CONFIG = "created_at description key readable updated_at value";

  test("people: what they say, and how their things are set up", async () => {
    expect(await rights("authenticated")).toEqual(OF_PEOPLE);
  });

  test("the service role: the same, and the installation's settings", async () => {
    const expected = [...OF_PEOPLE, `insert app_config: ${CONFIG}`, `update app_config: ${CONFIG}`];
    expect(await rights("service_role")).toEqual(expected.toSorted());
  });

  test("nobody in particular: nothing", async () => expect(await rights("anon")).toEqual([]));

  test("they delete nothing but the installation's settings", async () => {
    const query = `select relname || ' by ' || rolname as name from pg_roles r, ${TABLES}
      and r.rolname = any (${DOORS}) and has_table_privilege(r.oid, pg_class.oid, 'delete, truncate')`;
    expect(await names(query)).toEqual(["app_config by service_role"]);
  });
});

// Foreign keys are checked without regard to row-level security, so whoever may write one could point across tenants.
describe("references between tenants' rows", () => {
  const withoutOrganization = `select k.conrelid, format('%s.%s', k.conrelid::regclass, a.attname) as name
    from pg_constraint k join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
    where k.contype = 'f' and k.connamespace <> 'auth'::regnamespace
      and k.confrelid not in ('public.organizations'::regclass, 'auth.users'::regclass)
      and not exists (select from pg_attribute o
        where o.attrelid = k.conrelid and o.attnum = any (k.conkey) and o.attname = 'org_id')`;

  test("carry the organization, but for those that only our own functions write", async () => {
    expect(await names(withoutOrganization)).toEqual([
      "ai_errors.conversation_id",
      "ai_responses.conversation_id",
      "ai_turns.conversation_id",
      "campaign_recipients.message_id",
      "media_files.message_id",
      "scheduled_messages.conversation_id",
      "scheduled_messages.fallback_of",
      "scheduled_messages.message_id",
      "send_attempts.conversation_id",
      "send_attempts.message_id",
      "switchboard.media_downloads.media_id",
      "switchboard.media_uploads.channel_id",
      "switchboard.parked_events.channel_id",
      "switchboard.template_syncs.channel_id",
    ]);
    const writable = `select name from (${withoutOrganization}) k, pg_roles r where r.rolname = any (${DOORS})
      and (has_any_column_privilege(r.oid, conrelid, 'insert') or has_any_column_privilege(r.oid, conrelid, 'update'))`;
    expect(await names(writable)).toEqual([]);
  });
});
