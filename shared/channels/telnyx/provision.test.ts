import { afterEach, beforeEach, expect, test } from "vitest";
import { startRig } from "../../../dev/simulators/rig.ts";
import type { Rig } from "../../../dev/simulators/rig.ts";
import { provision, unprovision } from "./provision.ts";
import type { Ledger, Plan, Step } from "./provision.ts";

const OWN = "+17735550002";

let rig: Rig;
let api_key: string;
beforeEach(async () => {
  api_key = `KEY${crypto.randomUUID()}`;
  rig = await startRig({
    telnyx: { api_keys: [api_key], numbers: [{ phone_number: OWN, api_key, webhook_url: "/nowhere" }] },
  });
});
afterEach(() => rig.close());

const plan: Plan = {
  org_id: "5b2f0f3e-0000-4000-8000-000000000001",
  voice_url: "https://switchboard.test/webhooks/telnyx/s/voice",
  messaging_url: "https://switchboard.test/webhooks/telnyx/s/messaging",
  countries: ["US"],
  numbers: [OWN],
  order: { country: "US", area_code: "312", count: 1 },
};

class Crash extends Error {}

/** What may break off, one operation after the other: before operation `at`, or after it with its answer lost. */
function mortal(at = Infinity, answered = false) {
  let operations = 0;
  return {
    count: () => operations,
    guard: async <T>(work: () => Promise<T>): Promise<T> => {
      operations += 1;
      if (operations === at && answered) await work();
      if (operations >= at) throw new Crash("gone");
      return work();
    },
  };
}

/** As the table keeps it, over runs. */
function ledgerOf(rows: Map<string, Step>, { guard }: ReturnType<typeof mortal>): Ledger {
  const steps = [...rows.values()].map((step) => ({ ...step }));
  const keep = async (noted: Step) => {
    const known = rows.get(noted.step);
    const merged = {
      step: noted.step,
      resource_id: noted.resource_id ?? known?.resource_id ?? null,
      made: noted.made || (known?.made ?? false),
      before: known?.before ?? noted.before,
    };
    rows.set(noted.step, merged);
    const at = steps.findIndex(({ step }) => step === noted.step);
    if (at < 0) steps.push(merged);
    else steps[at] = merged;
  };
  return {
    steps,
    note: (step) => guard(() => keep(step)),
    failed: (step) => guard(() => keep({ step, resource_id: null, made: false, before: null })),
    forget: (step) => guard(async () => rows.delete(step)),
  };
}

const access = ({ guard }: ReturnType<typeof mortal>) => ({
  telnyx_url: `${rig.simulators.url}/v2`,
  api_key,
  fetch: ((url, init) => guard(() => fetch(url, init))) as typeof fetch,
});

async function list(path: string): Promise<Record<string, unknown>[]> {
  const { body } = await rig.call("GET", `/v2/${path}`, undefined, { authorization: `Bearer ${api_key}` });
  return (body as { data: Record<string, unknown>[] }).data;
}

async function things() {
  return {
    outbound: await list("outbound_voice_profiles"),
    applications: await list("call_control_applications"),
    messaging: await list("messaging_profiles"),
  };
}

async function run(rows: Map<string, Step>, life = mortal()) {
  return provision(access(life), plan, ledgerOf(rows, life));
}

test("profiles, application, webhooks and numbers are set up and belong together", async () => {
  const rows = new Map<string, Step>();
  const numbers = await run(rows);
  expect(numbers).toEqual([expect.stringMatching(/^\+1312/), OWN]);
  const { outbound, applications, messaging } = await things();
  expect(applications).toMatchObject([
    { webhook_event_url: plan.voice_url, outbound: { outbound_voice_profile_id: outbound[0]?.["id"] } },
  ]);
  expect(messaging).toMatchObject([{ webhook_url: plan.messaging_url, whitelisted_destinations: ["US"] }]);
  for (const number of numbers) {
    expect(await list(`phone_numbers?${new URLSearchParams({ "filter[phone_number]": number })}`)).toMatchObject([
      { connection_id: applications[0]?.["id"], messaging_profile_id: messaging[0]?.["id"] },
    ]);
  }
});

test("a second run makes and buys nothing, and follows a changed webhook address", async () => {
  const rows = new Map<string, Step>();
  const numbers = await run(rows);
  const life = mortal();
  const moved = { ...plan, voice_url: "https://elsewhere.test/voice" };
  expect(await provision(access(life), moved, ledgerOf(rows, life))).toEqual(numbers);
  expect(await things()).toMatchObject({
    outbound: [{}],
    applications: [{ webhook_event_url: moved.voice_url }],
    messaging: [{}],
  });
});

test(
  "broken off before or after any operation, the next run ends with one of each, and undoing leaves nothing",
  { timeout: 60_000 },
  async () => {
    const whole = mortal();
    const undo = mortal();
    const first = new Map<string, Step>();
    await run(first, whole);
    await unprovision(access(undo), plan.org_id, ledgerOf(first, undo));
    expect(whole.count()).toBeGreaterThan(20);
    for (const answered of [false, true]) {
      for (let at = 1; at <= whole.count(); at++) {
        const rows = new Map<string, Step>();
        await expect(run(rows, mortal(at, answered)), `at ${at}`).rejects.toThrow();
        const numbers = await run(rows);
        expect(numbers, `at ${at}`).toHaveLength(2);
        const made = await things();
        expect(
          Object.values(made).map(({ length }) => length),
          `at ${at}`,
        ).toEqual([1, 1, 1]);
        const orders = [...rows.values()].filter(({ step, made: ours }) => step.startsWith("number:") && ours);
        expect(orders, `at ${at}`).toHaveLength(1);

        const cut = 1 + (at % undo.count());
        const life = mortal(cut, answered);
        await expect(unprovision(access(life), plan.org_id, ledgerOf(rows, life)), `undo at ${cut}`).rejects.toThrow();
        await unprovision(access(mortal()), plan.org_id, ledgerOf(rows, mortal()));
        expect(await things(), `at ${at}`).toEqual({ outbound: [], applications: [], messaging: [] });
        expect(
          await list(`phone_numbers?${new URLSearchParams({ "filter[phone_number]": numbers[0] ?? "" })}`),
        ).toEqual([]);
        expect(await list(`phone_numbers?${new URLSearchParams({ "filter[phone_number]": OWN })}`)).toMatchObject([
          { connection_id: null, messaging_profile_id: null },
        ]);
      }
    }
  },
);

test("a run that broke off is undone as well, whatever it had made", async () => {
  for (let at = 1; at <= 30; at++) {
    const rows = new Map<string, Step>();
    await run(rows, mortal(at, true)).catch(() => {});
    await unprovision(access(mortal()), plan.org_id, ledgerOf(rows, mortal()));
    expect(await things(), `at ${at}`).toEqual({ outbound: [], applications: [], messaging: [] });
  }
});

test("a number of another account says so, and a refusal names its step", async () => {
  const life = mortal();
  const refused = provision(access(life), { ...plan, numbers: ["+17735559999"] }, ledgerOf(new Map(), life));
  await expect(refused).rejects.toMatchObject({
    code: "invalid_input",
    message: "+17735559999 is not a number of this Telnyx account.",
    details: { step: "number:+17735559999" },
  });
});
