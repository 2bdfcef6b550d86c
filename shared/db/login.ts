import type { Statement } from "./exec.ts";

/**
 * Refuses a login that row-level security does not hold: whatever else were right then, one forgotten `where` would show
 * every tenant (F139). To be run before the transaction takes a role.
 */
export const CHECK_LOGIN: Statement = {
  text: `do $check$
declare
  unheld text := (select string_agg(rolname, ', ') from pg_catalog.pg_roles
    where rolname in (current_user, 'anon', 'authenticated', 'switchboard_worker') and (rolsuper or rolbypassrls));
begin
  if unheld is not null then
    raise exception 'Row-level security does not hold the database role %: it is a superuser or has BYPASSRLS. Give the Worker the login that the migration made; nothing is served with this one.', unheld
      using errcode = 'SB503';
  end if;
end $check$`,
};
