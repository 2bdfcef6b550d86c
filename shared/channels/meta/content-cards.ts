import { type MessageContent, card, orderLine } from "./payload.ts";

/** Lines of an order or cards of a share that are put into words; all of them stay in `raw`. */
const MAX_LISTED = 50;

/** Name, address and coordinates; 0 is a coordinate like any other. */
export function locationText(location: MessageContent["location"]): string {
  const { name, address, latitude, longitude } = location ?? {};
  const where = [name, address].filter((text) => text !== undefined).join(", ");
  const at = latitude === undefined || longitude === undefined ? "" : `(${latitude}, ${longitude})`;
  return ["[location]", where, at].filter((text) => text !== "").join(" ");
}

export function contactsText(contacts: unknown[]): string {
  const people = contacts.slice(0, MAX_LISTED).flatMap((item) => {
    const person = card.safeParse(item).data;
    const phone = person?.phones?.find((entry) => entry?.phone !== undefined)?.phone;
    const words = [person?.name?.formatted_name ?? person?.name?.first_name, phone];
    return words.filter((text) => text !== undefined).join(" ") || [];
  });
  return ["[contacts]", people.join(", ")].filter((text) => text !== "").join(" ");
}

/** Quantities, catalogue ids and prices as the customer's basket had them; no total, because prices are ours to say. */
export function orderText(order: MessageContent["order"]): string {
  const lines = (order?.product_items ?? []).slice(0, MAX_LISTED).flatMap((item) => {
    const line = orderLine.safeParse(item).data;
    if (line?.product_retailer_id === undefined) return [];
    const price =
      line.item_price === undefined
        ? ""
        : ` at ${[line.item_price, line.currency].filter((part) => part !== undefined).join(" ")}`;
    return `${line.quantity ?? "?"} × ${line.product_retailer_id}${price}`;
  });
  return [`[order] ${lines.join(", ")}`.trimEnd(), order?.text].filter((text) => text !== undefined).join("\n");
}
