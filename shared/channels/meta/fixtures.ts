/* Valid webhook bodies for tests; each test changes the one thing that it is about. */

export const WABA = "102290129340398";
export const NUMBER = "106540352242922";
export const OWN = "15550783881";
export const ANA = "16505551234";
export const AT = 1_750_030_073;

type Json = Record<string, unknown>;

export function text(changes: Json = {}): Json {
  return {
    from: ANA,
    id: "wamid.1",
    timestamp: String(AT),
    type: "text",
    text: { body: "Is it open today?" },
    ...changes,
  };
}

/** A message of another type: the type's own part under its name. */
export function typed(type: string, part: unknown, changes: Json = {}): Json {
  return { from: ANA, id: "wamid.1", timestamp: String(AT), type, [type]: part, ...changes };
}

export function status(changes: Json = {}): Json {
  return { id: "wamid.out", status: "delivered", timestamp: String(AT), recipient_id: ANA, ...changes };
}

export function contact(changes: Json = {}): Json {
  return { profile: { name: "Ana" }, wa_id: ANA, ...changes };
}

export function value(parts: Json): Json {
  return {
    messaging_product: "whatsapp",
    metadata: { display_phone_number: "+1 555-078-3881", phone_number_id: NUMBER },
    ...parts,
  };
}

export function change(parts: Json, field = "messages"): Json {
  return { field, value: value(parts) };
}

export function body(...changes: unknown[]): Json {
  return { object: "whatsapp_business_account", entry: [{ id: WABA, changes }] };
}
