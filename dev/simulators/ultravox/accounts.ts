/** An account on the simulated Ultravox. */
export interface UltravoxAccount {
  api_key: string;
  accountId: string;
  name: string;
  /** Where news of calls goes that name no address of their own, and what it is signed with. */
  webhook?: UltravoxWebhook;
}

export interface UltravoxWebhook {
  url: string;
  secrets: string[];
}

export interface UltravoxAccounts {
  /** The same key again is the same account. */
  add(api_key: string, webhook?: UltravoxWebhook): UltravoxAccount;
  find(api_key: string): UltravoxAccount | undefined;
  first(): UltravoxAccount | undefined;
}

export function createUltravoxAccounts(api_keys: string[] = []): UltravoxAccounts {
  const accounts = new Map<string, UltravoxAccount>();
  function add(api_key: string, webhook?: UltravoxWebhook): UltravoxAccount {
    const account: UltravoxAccount = accounts.get(api_key) ?? {
      api_key,
      accountId: crypto.randomUUID(),
      name: `Account ${accounts.size + 1}`,
    };
    if (webhook) account.webhook = webhook;
    accounts.set(api_key, account);
    return account;
  }
  for (const api_key of api_keys) add(api_key);
  return { add, find: (api_key) => accounts.get(api_key), first: () => accounts.values().next().value };
}
