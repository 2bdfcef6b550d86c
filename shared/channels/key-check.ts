/** What a provider says of an API key before it is stored. */
export type KeyCheck<Account> =
  | { ok: true; account: Account }
  /** `refused`: the provider does not take the key, and will not when asked again. `unknown`: it could not be asked. */
  | { ok: false; verdict: "refused" | "unknown"; reason: string };

export const refused = (reason: string) => ({ ok: false, verdict: "refused", reason }) as const;
export const unknown = (reason: string) => ({ ok: false, verdict: "unknown", reason }) as const;
