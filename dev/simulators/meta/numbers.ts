/** A business number on the simulated platform. */
export interface BusinessNumber {
  phone_number_id: string;
  /** With or without "+" and punctuation. */
  display_phone_number: string;
  waba_id: string;
  access_token: string;
}

export interface Numbers {
  /** Registers a number; the same `phone_number_id` again replaces it. */
  add(number: BusinessNumber): void;
  /** By `phone_number_id`, or by the number itself in any punctuation. */
  find(name: string): BusinessNumber | undefined;
  first(): BusinessNumber | undefined;
  /** The numbers that a bearer token may use; empty for a token that nobody has. */
  ofToken(access_token: string): BusinessNumber[];
}

/** The registry of business numbers, starting with the given ones. */
export function createNumbers(initial: BusinessNumber[]): Numbers {
  const byId = new Map<string, BusinessNumber>();
  let byToken = new Map<string, BusinessNumber[]>();
  const all = () => [...byId.values()];

  function add(number: BusinessNumber): void {
    byId.set(number.phone_number_id, number);
    byToken = Map.groupBy(byId.values(), (each) => each.access_token);
  }
  for (const number of initial) add(number);
  return {
    add,
    find: (name) => byId.get(name) ?? all().find((number) => digits(number.display_phone_number) === digits(name)),
    first: () => all()[0],
    ofToken: (token) => byToken.get(token) ?? [],
  };
}

/** The digits of a phone number written in any way. */
export function digits(phone: string): string {
  return phone.replace(/\D/g, "");
}
