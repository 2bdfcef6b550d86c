import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CUSTOMER, NUMBER, startRig } from "../rig.ts";
import type { Rig } from "../rig.ts";

let rig: Rig;
const postgres = vi.fn<(state: string, ms: number | undefined) => void>();
const cron = vi.fn<(cron: string) => Promise<unknown>>(async () => "swept");
beforeEach(async () => {
  vi.clearAllMocks();
  rig = await startRig({ host: { postgres, cron, crons: ["* * * * *"] } });
});
afterEach(() => rig.close());

const inbound = (change: Record<string, unknown> = {}) =>
  rig.call("POST", "/_sim/inbound", { provider: "meta", from: CUSTOMER, text: "Hello", ...change });
const fault = (change: Record<string, unknown> = {}) =>
  rig.call("POST", "/_sim/faults", { provider: "meta", operation: "send", kind: "status", value: 500, ...change });

test("requests are listed with what was sent and answered, by provider and since an id or a time", async () => {
  await inbound();
  await rig.send();
  const { requests } = (await rig.call("GET", "/_sim/requests?provider=meta")).body;
  expect(requests).toMatchObject([
    {
      id: 1,
      provider: "meta",
      method: "POST",
      path: `/v25.0/${NUMBER.phone_number_id}/messages`,
      headers: { authorization: "…mber" },
      body: { text: { body: "Your order is ready." } },
      status: 200,
    },
  ]);
  expect((await rig.call("GET", "/_sim/requests?provider=gemini")).body.requests).toEqual([]);
  expect((await rig.call("GET", "/_sim/requests?since=1")).body.requests).toEqual([]);
  expect((await rig.call("GET", "/_sim/requests?provider=&since=")).body.requests).toHaveLength(1);
  expect((await rig.call("GET", `/_sim/requests?since=${requests[0].at}`)).body.requests).toHaveLength(1);
  const ms = Date.parse(requests[0].at);
  expect((await rig.call("GET", `/_sim/requests?since=${ms}`)).body.requests).toHaveLength(1);
  expect((await rig.call("GET", `/_sim/requests?since=${ms + 60_000}`)).body.requests).toEqual([]);
  await rig.call("DELETE", "/_sim/requests");
  expect((await rig.call("GET", "/_sim/requests")).body.requests).toEqual([]);
});

test("inbound gives back the worker's answer and the message's id", async () => {
  rig.answers.push(401);
  expect(await inbound()).toMatchObject({
    status: 200,
    body: { status: 401, body: "seen", id: expect.stringMatching(/^wamid/) },
  });
});

test("the model says what it is told, once or as a script, and then again what it likes", async () => {
  const ask = async () => {
    const body = { contents: [{ role: "user", parts: [{ text: "Hi" }] }] };
    const headers = { "x-goog-api-key": "api-key-of-gemini" };
    const answer = await rig.call("POST", "/v1beta/models/gemini-2.5-flash:generateContent", body, headers);
    return answer.body.candidates[0].content.parts[0].text;
  };
  await rig.call("POST", "/_sim/model", { reply: "A", confidence: 90, times: 1 });
  expect([await ask(), await ask()]).toEqual(["A", "Hello! How can I help you today?"]);
  await rig.call("POST", "/_sim/model", [
    { reply: "B", confidence: 90 },
    { reply: "C", confidence: 90 },
  ]);
  expect([await ask(), await ask(), await ask()]).toEqual(["B", "C", "C"]);
  await rig.call("DELETE", "/_sim/model");
  expect(await ask()).toBe("Hello! How can I help you today?");
});

test("a fault is in force until it is deleted, by its id or with all others", async () => {
  await inbound();
  const { id } = (await fault()).body;
  expect((await rig.send()).status).toBe(500);
  expect((await rig.call("DELETE", `/_sim/faults/${id}`)).status).toBe(200);
  expect((await rig.send()).status).toBe(200);
  await fault();
  await rig.call("DELETE", "/_sim/faults");
  expect((await rig.send()).status).toBe(200);
  expect((await rig.call("DELETE", `/_sim/faults/${id}`)).status).toBe(404);
});

test("a number registered at run time can be written to", async () => {
  await rig.call("POST", "/_sim/numbers", {
    ...NUMBER,
    phone_number_id: "77",
    display_phone_number: "+44 20 7946 0000",
  });
  await inbound({ to: "+442079460000" });
  expect(rig.webhooks[0]?.bytes).toContain('"phone_number_id":"77"');
});

test("postgres and cron reach the host", async () => {
  expect((await rig.call("POST", "/_sim/postgres", { state: "slow", ms: 20 })).status).toBe(200);
  expect(postgres).toHaveBeenCalledExactlyOnceWith("slow", 20);
  const swept = await rig.call("POST", "/_sim/cron", { cron: "* * * * *" });
  expect(swept.body).toEqual({ result: "swept" });
  expect(cron).toHaveBeenCalledExactlyOnceWith("* * * * *");
});

test("a cron that the Worker does not have is refused, and those it has are named", async () => {
  const refused = await rig.call("POST", "/_sim/cron", { cron: "1 2 3 * *" });
  expect(refused).toMatchObject({ status: 400, body: { error: expect.stringContaining("* * * * *") } });
  expect(cron).not.toHaveBeenCalled();
});

test.each([
  ["POST", "/_sim/inbound", { provider: "meta", from: CUSTOMER, text: "x", tone: 1 }, "unknown field: tone"],
  ["POST", "/_sim/inbound", { provider: "pigeon", from: CUSTOMER, text: "x" }, "unknown provider: pigeon"],
  ["POST", "/_sim/inbound", { provider: "gemini", from: CUSTOMER, text: "x" }, "gemini sends no webhooks"],
  ["POST", "/_sim/inbound", { provider: "meta", from: CUSTOMER }, "exactly one of text and raw"],
  ["POST", "/_sim/inbound", { provider: "meta", text: "x" }, "from: required with text"],
  ["POST", "/_sim/model", { reply: "x", confidence: 1, mood: 1 }, "unknown field: mood"],
  ["POST", "/_sim/model", { confidence: 1 }, "reply: required"],
  ["POST", "/_sim/model", [], "Too small"],
  ["POST", "/_sim/faults", { provider: "meta", operation: "sing", kind: "delay" }, "operation:"],
  ["POST", "/_sim/faults", { provider: "meta", operation: "send", kind: "delay", when: 1 }, "unknown field: when"],
  ["POST", "/_sim/postgres", { state: "sideways" }, "state:"],
  ["GET", "/_sim/requests?colour=red", undefined, "unknown field: colour"],
  ["GET", "/_sim/requests?since=yesterday", undefined, "since:"],
])("%s %s %j is refused by name", async (method, path, body, complaint) => {
  const answer = await rig.call(method, path, body);
  expect(answer.status).toBe(400);
  expect(answer.body.error).toContain(complaint);
});

test("without a host, postgres and cron are refused", async () => {
  const alone = await startRig();
  const answers = [
    await alone.call("POST", "/_sim/postgres", { state: "down" }),
    await alone.call("POST", "/_sim/cron", { cron: "* * * * *" }),
  ];
  await alone.close();
  expect(answers.map((answer) => answer.status)).toEqual([400, 400]);
});
