/** An account on the simulated Ultravox. */
export interface UltravoxAccount {
  api_key: string;
  accountId: string;
  name: string;
}

export interface UltravoxAccounts {
  /** The same key again is the same account. */
  add(api_key: string): UltravoxAccount;
  find(api_key: string): UltravoxAccount | undefined;
}

export function createUltravoxAccounts(api_keys: string[] = []): UltravoxAccounts {
  const accounts = new Map<string, UltravoxAccount>();
  function add(api_key: string): UltravoxAccount {
    const account = accounts.get(api_key) ?? {
      api_key,
      accountId: crypto.randomUUID(),
      name: `Account ${accounts.size + 1}`,
    };
    accounts.set(api_key, account);
    return account;
  }
  for (const api_key of api_keys) add(api_key);
  return { add, find: (api_key) => accounts.get(api_key) };
}
