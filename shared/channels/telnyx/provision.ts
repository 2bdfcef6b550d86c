import * as z from "zod";
import { asServiceError, ServiceError } from "../../errors.ts";
import { askTelnyx, telnyxReason } from "./account-api.ts";
import type { TelnyxAccess } from "./account-api.ts";

/** What is written down of one thing at Telnyx. A number's step is `number:+15551234567`. */
export interface Step {
  step: string;
  /** Telnyx's id; null while it is not known whether it was made. */
  resource_id: string | null;
  /** By us: undoing removes it. */
  made: boolean;
  /** What a number was connected with before. */
  before: { connection_id: string | null; messaging_profile_id: string | null } | null;
}

export interface Plan {
  org_id: string;
  /** Where Telnyx's webhooks go. */
  voice_url: string;
  messaging_url: string;
  /** Countries that may be written to, ISO 3166-1 alpha-2. */
  countries: string[];
  /** Numbers that the account has already. */
  numbers: string[];
  /** Numbers to be bought. */
  order: { country: string; area_code?: string | undefined; count: number } | undefined;
}

export interface Ledger {
  steps: Step[];
  /** Durable before it resolves. */
  note(step: Step): Promise<unknown>;
  failed(step: string, error: string): Promise<unknown>;
  forget(step: string): Promise<unknown>;
}

const thing = z.looseObject({ id: z.coerce.string() });
const one = z.object({ data: thing });
const many = z.object({ data: z.array(thing) });
const NUMBER = "number:";

/**
 * Sets telephony up at Telnyx, or goes on where an earlier run broke off. Telnyx has no idempotency key, so everything has a
 * name of ours and is looked for before it is made, and a number is written down before it is bought: an answer that was lost
 * makes and buys nothing twice.
 * @returns the numbers that are connected
 * @throws ServiceError naming the step, with Telnyx's reason; what was done until then stays and is written down
 */
export async function provision(access: TelnyxAccess, plan: Plan, ledger: Ledger): Promise<string[]> {
  const title = titleOf(plan.org_id);
  const ask = asker(access);
  const make = async (step: Kind, body: Record<string, unknown>) =>
    watched(ledger, step, async () => {
      const [path, named] = [`/${step}s`, NAMED[step]];
      // written down before it is made, so that undoing looks for it whatever became of the answer
      await ledger.note({ step, resource_id: null, made: true, before: null });
      const there = await find(ask, step, title);
      const wanted = { [named]: title, ...body };
      const made = there ? await ask("PATCH", `${path}/${there.id}`, wanted) : await ask("POST", path, wanted);
      const { id } = one.parse(made).data;
      await ledger.note({ step, resource_id: id, made: true, before: null });
      return id;
    });

  const outbound_voice_profile_id = await make("outbound_voice_profile", {});
  const connection_id = await make("call_control_application", {
    webhook_event_url: plan.voice_url,
    webhook_api_version: "2",
    outbound: { outbound_voice_profile_id },
  });
  const messaging_profile_id = await make("messaging_profile", {
    enabled: true,
    whitelisted_destinations: plan.countries,
    webhook_url: plan.messaging_url,
    webhook_api_version: "2",
  });

  const bought = ledger.steps.filter(({ step, made }) => step.startsWith(NUMBER) && made);
  const wanted = new Set(bought.map(({ step }) => step.slice(NUMBER.length)));
  const missing = (plan.order?.count ?? 0) - wanted.size;
  if (plan.order && missing > 0) {
    for (const number of await choose(ask, ledger, plan.order, missing)) wanted.add(number);
  }
  for (const number of wanted) await buy(ask, ledger, title, number, { connection_id, messaging_profile_id });
  const numbers = [...new Set([...wanted, ...plan.numbers])];
  for (const number of numbers) await connect(ask, ledger, number, { connection_id, messaging_profile_id });
  return numbers;
}

/** Removes what was made, the last first, and connects numbers with what they were connected with before. */
export async function unprovision(access: TelnyxAccess, org_id: string, ledger: Ledger): Promise<void> {
  const ask = asker(access, [404]);

  for (const { step, resource_id, made, before } of ledger.steps.toSorted((a, b) => rank(a) - rank(b))) {
    await watched(ledger, step, async () => {
      const lost = step.startsWith(NUMBER)
        ? () => owned(ask, step.slice(NUMBER.length))
        : () => find(ask, step as Kind, titleOf(org_id));
      const id = resource_id ?? (await lost())?.id;
      const path = `/${step.startsWith(NUMBER) ? "phone_numbers" : `${step}s`}/${id}`;
      if (id !== undefined && made) await ask("DELETE", path);
      if (id !== undefined && !made && before) {
        await ask("PATCH", path, { connection_id: before.connection_id });
        await ask("PATCH", `${path}/messaging`, { messaging_profile_id: before.messaging_profile_id });
      }
      await ledger.forget(step);
    });
  }
}

const titleOf = (org_id: string) => `switchboard ${org_id}`;
const NAMED = {
  outbound_voice_profile: "name",
  call_control_application: "application_name",
  messaging_profile: "name",
} as const;
type Kind = keyof typeof NAMED;
const UNDO = [NUMBER, "messaging_profile", "call_control_application", "outbound_voice_profile"];

const rank = ({ step }: Step) => UNDO.findIndex((name) => step.startsWith(name));

type Ask = (method: "GET" | "POST" | "PATCH" | "DELETE", path: string, body?: unknown) => Promise<unknown>;
type Connection = { connection_id: string; messaging_profile_id: string };

/** What has a name of ours. */
async function find(ask: Ask, kind: Kind, title: string) {
  const filter = kind === "messaging_profile" ? "filter[name]" : `filter[${NAMED[kind]}][contains]`;
  const found = many.parse(await ask("GET", `/${kind}s?${new URLSearchParams({ [filter]: title })}`)).data;
  return found.find((each) => each[NAMED[kind]] === title);
}

const text = (value: unknown) => (typeof value === "string" ? value : null);

/** Numbers of Telnyx's offer, written down before they are bought. */
async function choose(ask: Ask, { note }: Ledger, order: NonNullable<Plan["order"]>, count: number): Promise<string[]> {
  const query = new URLSearchParams([
    ["filter[country_code]", order.country],
    ...(order.area_code === undefined ? [] : [["filter[national_destination_code]", order.area_code]]),
    ["filter[features][]", "sms"],
    ["filter[features][]", "voice"],
    ["filter[limit]", String(count)],
  ]);
  const offer = z.object({ data: z.array(z.object({ phone_number: z.string() })) });
  const numbers = offer.parse(await ask("GET", `/available_phone_numbers?${query}`)).data.slice(0, count);
  if (numbers.length < count) {
    throw new ServiceError("conflict", `Telnyx offers ${numbers.length} such numbers, and ${count} were asked for.`);
  }
  for (const { phone_number } of numbers) {
    await note({ step: NUMBER + phone_number, resource_id: null, made: true, before: null });
  }
  return numbers.map(({ phone_number }) => phone_number);
}

async function owned(ask: Ask, number: string) {
  const query = new URLSearchParams({ "filter[phone_number]": number });
  return many.parse(await ask("GET", `/phone_numbers?${query}`)).data.at(0);
}

/** Orders a number once: neither when it is the account's already nor when its order is under way. */
async function buy(ask: Ask, ledger: Ledger, title: string, number: string, connection: Connection): Promise<void> {
  const step = NUMBER + number;
  await watched(ledger, step, async () => {
    if (await owned(ask, number)) return;
    const customer_reference = `${title} ${number}`;
    const query = new URLSearchParams({ "filter[customer_reference]": customer_reference });
    const ordered = many.parse(await ask("GET", `/number_orders?${query}`)).data.at(0);
    if (ordered?.["status"] === "failure") {
      await ledger.forget(step);
      throw new ServiceError("conflict", `Telnyx could not deliver ${number}. Run it again to choose another one.`);
    }
    if (!ordered) {
      await ask("POST", "/number_orders", {
        phone_numbers: [{ phone_number: number }],
        ...connection,
        customer_reference,
      });
    }
    if (!(await owned(ask, number))) {
      throw new ServiceError("unavailable", `Telnyx has the order of ${number} and works on it. Run it again later.`);
    }
  });
}

async function connect(ask: Ask, ledger: Ledger, number: string, to: Connection): Promise<void> {
  const step = NUMBER + number;
  await watched(ledger, step, async () => {
    const found = await owned(ask, number);
    if (!found) throw new ServiceError("invalid_input", `${number} is not a number of this Telnyx account.`);
    const known = ledger.steps.find((each) => each.step === step);

    const now = {
      connection_id: text(found["connection_id"]),
      messaging_profile_id: text(found["messaging_profile_id"]),
    };
    const made = known?.made ?? false;
    // what it was connected with is durable before it is changed
    await ledger.note({ step, resource_id: null, made, before: made ? null : (known?.before ?? now) });
    if (now.connection_id !== to.connection_id) {
      await ask("PATCH", `/phone_numbers/${found.id}`, { connection_id: to.connection_id });
    }
    if (now.messaging_profile_id !== to.messaging_profile_id) {
      await ask("PATCH", `/phone_numbers/${found.id}/messaging`, { messaging_profile_id: to.messaging_profile_id });
    }
    await ledger.note({ step, resource_id: found.id, made, before: null });
  });
}

/** What goes wrong is written down with its step. */
async function watched<T>(ledger: Ledger, step: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code, message } =
      error instanceof z.ZodError
        ? new ServiceError("unavailable", "Telnyx gave an answer that we do not understand.")
        : asServiceError(error);
    await ledger.failed(step, message);
    throw new ServiceError(code, message, { step, provider: "telnyx" }, { cause: error });
  }
}

/** @param gone statuses that are no failure when something is removed */
function asker(access: TelnyxAccess, gone: number[] = []): Ask {
  return async (method, path, body) => {
    const answer = await askTelnyx(access, method, path, body);
    if (!answer.answered) {
      throw new ServiceError("unavailable", `Telnyx did not answer: ${answer.reason}. Run it again to go on.`);
    }
    if (answer.status < 300 || gone.includes(answer.status)) return answer.body;
    const why = `Telnyx refused it (${telnyxReason(answer.status, answer.body)}).`;
    const passing = answer.status >= 500 || answer.status === 429;
    throw new ServiceError(passing ? "unavailable" : "conflict", `${why} Run it again to go on.`);
  };
}
