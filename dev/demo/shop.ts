/** The demo's rows have fixed ids, so that every start finds them again. */
export const SHOP = {
  organization_id: "c0ffee00-0000-4000-8000-000000000001",
  business_id: "c0ffee00-0000-4000-8000-000000000002",
  channel_id: "c0ffee00-0000-4000-8000-000000000003",
  user_id: "c0ffee00-0000-4000-8000-000000000004",
  team_member_id: "c0ffee00-0000-4000-8000-000000000005",
  /** Numbers that are reserved for fiction, one of each carrier that the shop has an account with. */
  twilio: {
    account_id: "c0ffee00-0000-4000-8000-000000000009",
    channel_id: "c0ffee00-0000-4000-8000-00000000000a",
    number: "+12025550143",
  },
  telnyx: { channel_id: "c0ffee00-0000-4000-8000-00000000000b", number: "+12025550187" },
  name: "Cedar Lane Bakery",
  slug: "cedar-lane-bakery",
  owner: { name: "Robin Cedar", email: "robin@cedarlane.example" },
  agent: {
    user_id: "c0ffee00-0000-4000-8000-000000000006",
    team_member_id: "c0ffee00-0000-4000-8000-000000000007",
    assignment_id: "c0ffee00-0000-4000-8000-000000000008",
    name: "Alex Lane",
    email: "alex@cedarlane.example",
  },
};

/** What the AI knows of the shop. The simulated model, which knows no prompt, says nothing that contradicts it. */
export const PROMPT = `You answer customers of Cedar Lane Bakery, a neighbourhood bakery with a small gift shelf, on WhatsApp.

Facts:
- Open Monday to Saturday from 9:00 to 18:00; closed on Sunday.
- Sourdough, rye and seeded loaves every day; croissants and cinnamon buns until they are gone, mostly by noon.
- Bread orders are delivered the next morning. To look one up we need the order number.
- Our own stoneware mugs cost $12 each, three for $30. Anything unused may be returned within 30 days.

Manner: warm and brief, two sentences at most, in the customer's language.
Custom cakes, allergies, complaints and refunds are decided by Robin, the owner: do not promise anything about them, and be open about how unsure you are.`;

/** Two lines at once show that the AI waits until the customer has finished. */
export const FIRST_QUESTION = ["Hi there!", "Are you open on Saturday?"];

/** What the customer says on the telephone, line by line. */
export const CALL = ["Hi, it's me again, about the birthday cake.", "Please leave a note that I need it by Friday."];

/** Nothing that the AI knows answers this one: it becomes a draft. */
export const SECOND_QUESTION = ["And could you bake a nut-free birthday cake for twelve?"];

const NAMES = ["Maya", "Leo", "Amina", "Jonas", "Sofia", "Tom", "Priya", "Nils"];

/** A new customer, under one of the mobile numbers that Ofcom reserves for fiction; `random` gives [0, 1). */
export function newCustomer(random: () => number): { phone: string; name: string } {
  const number = String(100 + Math.floor(random() * 900));
  return { phone: `+447700900${number}`, name: NAMES[Math.floor(random() * NAMES.length)] ?? "Maya" };
}
