import { expect, test } from "vitest";
import * as given from "./fixtures.ts";
import { normalise } from "./normalise.ts";

const ATTEMPT = "0190a6f0-0000-7000-8000-000000000001";

async function read(status: Record<string, unknown>, parts: Record<string, unknown> = {}) {
  const events = await normalise(given.body(given.change({ ...parts, statuses: [status] })));
  expect(events).toHaveLength(1);
  return events[0];
}

test("a status, field by field", async () => {
  const pricing = { billable: true, pricing_model: "PMP", type: "regular", category: "service" };
  const status = given.status({
    status: "sent",
    biz_opaque_callback_data: ATTEMPT,
    recipient_user_id: "US.1",
    pricing,
  });
  expect(await read(status)).toEqual({
    kind: "status",
    account: given.NUMBER,
    provider_id: "wamid.out",
    status: "sent",
    at: given.AT,
    attempt_id: ATTEMPT,
    contact: { wa_id: given.ANA, phone: `+${given.ANA}`, bsuid: "US.1", scope: given.WABA },
    pricing,
    raw: status,
  });
});

test.each([
  ["sent", "sent"],
  ["delivered", "delivered"],
  ["read", "read"],
  ["played", "played"],
  ["failed", "failed"],
  ["held_for_quality_assessment", "held"],
  ["deleted", "other"],
  ["warning", "other"],
  ["constructor", "other"],
])("status %s is %s", async (status, expected) => {
  expect(await read(given.status({ status }))).toMatchObject({ kind: "status", status: expected });
});

test("a failure brings Meta's first error", async () => {
  const errors = [{ code: 131049, title: "t", message: "m", error_data: { details: "d" }, href: "h" }, { code: 1 }];
  expect(await read(given.status({ status: "failed", errors }))).toMatchObject({
    error: { code: 131049, title: "t", message: "m", details: "d" },
  });
});

test.each([[[]], [null], [["x"]], [[{ title: "no code" }]]])(
  "errors %j are no error that we can name",
  async (errors) => {
    expect(await read(given.status({ status: "failed", errors }))).not.toHaveProperty("error");
  },
);

test.each(["campaign:42:recipient:7", "", "0190a6f0", null, 5, `${ATTEMPT} `])(
  "callback data %j is not an attempt of ours",
  async (biz_opaque_callback_data) => {
    expect(await read(given.status({ biz_opaque_callback_data }))).not.toHaveProperty("attempt_id");
  },
);

test("an attempt's id is found again whatever its case", async () => {
  expect(await read(given.status({ biz_opaque_callback_data: ATTEMPT.toUpperCase() }))).toMatchObject({
    attempt_id: ATTEMPT,
  });
});

test("F26: a status without a phone names the person by user id, or nobody", async () => {
  const status = given.status({ recipient_id: undefined, recipient_user_id: "US.1" });
  expect(await read(status)).toMatchObject({ contact: { bsuid: "US.1", scope: given.WABA } });
  expect(await read(given.status({ recipient_id: "" }))).not.toHaveProperty("contact");
});

test("a status of a group has no single recipient", async () => {
  expect(await read(given.status({ recipient_type: "group", recipient_id: "120363" }))).not.toHaveProperty("contact");
});

test.each([
  { id: undefined },
  { id: "" },
  { status: undefined },
  { status: null },
  { timestamp: undefined },
  { timestamp: "soon" },
])("a status with %j is malformed", async (changes) => {
  expect(await read(given.status(changes))).toMatchObject({ kind: "malformed", account: given.NUMBER });
});
