import { randomUUID } from "node:crypto";
import { z } from "zod";
import { json } from "../server/http.ts";
import type { Call, Reply, Route } from "../server/http.ts";
import { telnyxRoute } from "./account-routes.ts";
import type { TelnyxAccount, TelnyxAccounts } from "./accounts.ts";
import { telnyxError } from "./errors.ts";
import type { TelnyxNumber, TelnyxNumbers } from "./numbers.ts";

interface Thing extends Record<string, unknown> {
  id: string;
}

const name = z.string().min(1).max(255);
const webhooks = { webhook_event_url: z.url(), webhook_api_version: z.literal("2") };
const outbound = z.strictObject({ outbound_voice_profile_id: z.string() });

/** The collections that are made, found, changed and deleted alike: where they are, what they are named by, what they take. */
const KINDS = {
  outbound_voice_profiles: { named: "name", body: z.strictObject({ name }) },
  call_control_applications: {
    named: "application_name",
    body: z.strictObject({ application_name: name, ...webhooks, outbound: outbound.optional() }),
  },
  messaging_profiles: {
    named: "name",
    body: z.strictObject({
      name,
      enabled: z.boolean().optional(),
      whitelisted_destinations: z.array(z.string()).min(1),
      webhook_url: z.url(),
      webhook_api_version: z.literal("2"),
    }),
  },
} as const;
type Kind = keyof typeof KINDS;

const order = z.strictObject({
  phone_numbers: z.array(z.strictObject({ phone_number: z.string() })).length(1),
  connection_id: z.string(),
  messaging_profile_id: z.string(),
  customer_reference: z.string(),
});

/** What an account sets up: profiles, applications, numbers that it looks for, orders and gives back. */
export function createTelnyxProvisioning(accounts: TelnyxAccounts, numbers: TelnyxNumbers): Route[] {
  const things = new Map<string, Thing[]>();
  const orders = new Map<string, Thing[]>();
  const offered = new Set<string>();
  const owned = new Map<string, Thing>();
  let next = 100;

  const of = (account: TelnyxAccount, kind: string) => {
    const key = `${account.api_key} ${kind}`;
    const list = things.get(key) ?? [];
    things.set(key, list);
    return list;
  };

  function collection(kind: Kind): Route[] {
    const { named, body } = KINDS[kind];
    const path = (rest: string) => new RegExp(`^/v2/${kind}${rest}$`);
    const found = (call: Call, account: TelnyxAccount) => of(account, kind).find(({ id }) => id === call.params[0]);
    return [
      telnyxRoute(accounts, "GET", path(""), ({ query }, account) => {
        const wanted = query.get(`filter[${named}]`) ?? query.get(`filter[${named}][contains]`);
        return json(200, { data: of(account, kind).filter((one) => wanted === null || one[named] === wanted) });
      }),
      telnyxRoute(accounts, "POST", path(""), (call, account) => {
        const parsed = body.safeParse(call.body);
        if (!parsed.success) return wrong(parsed.error);
        const thing = { ...parsed.data, id: kind === "messaging_profiles" ? randomUUID() : String(next++) };
        of(account, kind).push(thing);
        return json(201, { data: thing });
      }),
      telnyxRoute(accounts, "PATCH", path("/([^/]+)"), (call, account) => {
        const thing = found(call, account);
        const parsed = z.object(body.shape).partial().safeParse(call.body);
        if (!thing) return telnyxError("10005");
        if (!parsed.success) return wrong(parsed.error);
        return json(200, { data: Object.assign(thing, parsed.data) });
      }),
      telnyxRoute(accounts, "DELETE", path("/([^/]+)"), (call, account) => {
        const thing = found(call, account);
        if (!thing) return telnyxError("10005");
        of(account, kind).splice(of(account, kind).indexOf(thing), 1);
        return json(200, { data: thing });
      }),
    ];
  }

  const own = (number: TelnyxNumber): Thing => {
    const known = owned.get(number.phone_number);
    if (known) return known;
    const thing = {
      id: String(next++),
      phone_number: number.phone_number,
      connection_id: null,
      messaging_profile_id: null,
    };
    owned.set(number.phone_number, thing);
    return thing;
  };
  /** The account's number of this id, or of these digits. */
  const numberOf = (account: TelnyxAccount, text: string) => {
    const phone_number = [...owned].find(([, { id }]) => id === text)?.[0] ?? text;
    const number = numbers.find(phone_number);
    return number?.api_key === account.api_key ? number : undefined;
  };
  const change = (field: "connection_id" | "messaging_profile_id", call: Call, account: TelnyxAccount): Reply => {
    const number = numberOf(account, call.params[0] ?? "");
    const parsed = z.strictObject({ [field]: z.string().nullable() }).safeParse(call.body);
    if (!number) return telnyxError("10005");
    if (!parsed.success) return wrong(parsed.error);
    return json(200, { data: Object.assign(own(number), parsed.data) });
  };

  return [
    ...(Object.keys(KINDS) as Kind[]).flatMap(collection),
    telnyxRoute(accounts, "GET", /^\/v2\/available_phone_numbers$/, ({ query }) => {
      const area = query.get("filter[national_destination_code]") ?? "312";
      const limit = Number(query.get("filter[limit]") ?? 1);
      const data = Array.from({ length: limit }, () => ({ phone_number: `+1${area}${String(5_550_000 + next++)}` }));
      for (const { phone_number } of data) offered.add(phone_number);
      return json(200, { data });
    }),
    telnyxRoute(accounts, "GET", /^\/v2\/number_orders$/, ({ query }, account) => {
      const wanted = query.get("filter[customer_reference]");
      const data = (orders.get(account.api_key) ?? []).filter((one) => one["customer_reference"] === wanted);
      return json(200, { data });
    }),
    telnyxRoute(accounts, "POST", /^\/v2\/number_orders$/, (call, account) => {
      const parsed = order.safeParse(call.body);
      if (!parsed.success) return wrong(parsed.error);
      const [wanted] = parsed.data.phone_numbers;
      const phone_number = wanted?.phone_number ?? "";
      if (!offered.delete(phone_number)) return telnyxError("10015", "The number is not available.");
      const { connection_id, messaging_profile_id } = parsed.data;
      numbers.add({ phone_number, api_key: account.api_key, webhook_url: "/nowhere", messaging_profile_id });
      const number = numbers.find(phone_number);
      if (number) Object.assign(own(number), { connection_id, messaging_profile_id });
      const made = { ...parsed.data, id: randomUUID(), status: "success" };
      orders.set(account.api_key, [...(orders.get(account.api_key) ?? []), made]);
      return json(200, { data: made });
    }),
    telnyxRoute(accounts, "GET", /^\/v2\/phone_numbers$/, ({ query }, account) => {
      const number = numberOf(account, query.get("filter[phone_number]") ?? "");
      return json(200, { data: number ? [own(number)] : [] });
    }),
    telnyxRoute(accounts, "PATCH", /^\/v2\/phone_numbers\/([^/]+)$/, (call, account) =>
      change("connection_id", call, account),
    ),
    telnyxRoute(accounts, "PATCH", /^\/v2\/phone_numbers\/([^/]+)\/messaging$/, (call, account) =>
      change("messaging_profile_id", call, account),
    ),
    telnyxRoute(accounts, "DELETE", /^\/v2\/phone_numbers\/([^/]+)$/, (call, account) => {
      const number = numberOf(account, call.params[0] ?? "");
      if (!number) return telnyxError("10005");
      owned.delete(number.phone_number);
      numbers.remove(number.phone_number);
      return json(200, { data: { id: call.params[0] } });
    }),
  ];
}

function wrong({ issues: [issue] }: z.ZodError): Reply {
  return telnyxError("10015", issue?.message, `/${issue?.path.join("/") ?? ""}`);
}
