/** Our number as events and channels name it: a number belongs to one account, and only that account's token vouches for it. */
export function accountOf(account_sid: string, number: string): string {
  return `${account_sid}/${number}`;
}

/** The account and the number that a channel's `phone_number_id` names; null when it is none of Twilio's. */
export function readAccount(phone_number_id: string): { account_sid: string; number: string } | null {
  const [, account_sid, number] = /^(AC[0-9a-f]{32})\/(\+?\w{3,20})$/.exec(phone_number_id) ?? [];
  return account_sid === undefined || number === undefined ? null : { account_sid, number };
}
