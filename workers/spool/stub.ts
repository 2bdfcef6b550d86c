/** The Spool of this number, to be made anew for every call: a stub that has thrown may be broken. */
export function spool(env: Env, number: number) {
  return env.SPOOL.getByName(String(number));
}
