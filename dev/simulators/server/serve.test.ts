import { afterEach, beforeEach, expect, test } from "vitest";
import { bearer, CUSTOMER, startRig } from "../rig.ts";
import type { Rig } from "../rig.ts";

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
  await rig.write(CUSTOMER);
});
afterEach(() => rig.close());

const sends = () => rig.simulators.api.requests({ provider: "meta" });

test("a request dropped on the way has no effect and is logged as unseen", async () => {
  rig.simulators.api.addFault({ provider: "meta", operation: "send", kind: "drop_request", count: 1 });
  await expect(rig.send()).rejects.toThrow();
  await rig.send();
  await rig.received(3);
  expect(rig.webhooks).toHaveLength(3);
  expect(sends()).toMatchObject([
    { status: 0, faults: ["drop_request"] },
    { status: 200, faults: [] },
  ]);
});

test("a response dropped on the way leaves the effect: the statuses come", async () => {
  rig.simulators.api.addFault({ provider: "meta", operation: "send", kind: "drop_response", count: 1 });
  await expect(rig.send()).rejects.toThrow();
  await rig.received(3);
  expect(sends()).toMatchObject([{ status: 200, faults: ["drop_response"] }]);
});

test("an HTTP status by fault comes without the provider's JSON and without effect", async () => {
  rig.simulators.api.addFault({ provider: "meta", operation: "send", kind: "status", value: 502, count: 1 });
  expect(await rig.send()).toEqual({ status: 502, body: "<h1>Error</h1>\n" });
  await rig.send();
  expect(await rig.received(3)).toHaveLength(3);
});

test("an error by fault has the provider's own body", async () => {
  rig.simulators.api.addFault({ provider: "meta", operation: "send", kind: "error", value: 131048, count: 1 });
  expect(await rig.send()).toMatchObject({ status: 400, body: { error: { code: 131048, type: "OAuthException" } } });
});

test("marking as read does not spend a fault meant for a send", async () => {
  rig.simulators.api.addFault({ provider: "meta", operation: "send", kind: "error", value: 131016, count: 1 });
  const read = { messaging_product: "whatsapp", status: "read", message_id: "wamid.x" };
  expect(await rig.call("POST", "/v25.0/106540352242922/messages", read, bearer())).toMatchObject({ status: 200 });
  expect(await rig.send()).toMatchObject({ body: { error: { code: 131016 } } });
});

test("a path that no provider has is a 404 that names it", async () => {
  expect(await rig.call("GET", "/v9/nothing")).toEqual({
    status: 404,
    body: { error: "nothing is simulated at GET /v9/nothing" },
  });
});
