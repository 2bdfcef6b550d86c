/** A number on a messaging profile of a simulated account. */
export interface TelnyxNumber {
  /** E.164. */
  phone_number: string;
  /** Of the account that owns it. */
  api_key: string;
  /** Of its messaging profile: where webhooks go that name no address of their own; a path is one at the worker. */
  webhook_url: string;
  messaging_profile_id?: string;
  /** Of its call control application; beside `webhook_url` when left out. */
  voice_url?: string;
}

export interface TelnyxNumbers {
  /** The same number again replaces it. */
  add(number: TelnyxNumber): void;
  remove(phone_number: string): void;
  find(phone_number: string): TelnyxNumber | undefined;
  first(): TelnyxNumber | undefined;
}

export function createTelnyxNumbers(initial: TelnyxNumber[] = []): TelnyxNumbers {
  const numbers = new Map(initial.map((number) => [number.phone_number, number]));
  return {
    add: (number) => void numbers.set(number.phone_number, number),
    remove: (phone_number) => void numbers.delete(phone_number),
    find: (phone_number) => numbers.get(phone_number),
    first: () => numbers.values().next().value,
  };
}
