import { expect, test } from "vitest";
import { judge } from "./judge.ts";
import type { Act, Entry } from "./timeline.ts";

const line = (n: number): Entry => ({ kind: "line", line: n });
const act = (name: Act): Entry => ({ kind: "act", act: name });
const view = (n: number, ...lines: number[]): Entry => ({ kind: "view", view: n, lines });
const decided = (n: number): Entry => ({ kind: "decided", view: n });
const claimed = (n: number): Entry => ({ kind: "claimed", attempt: `a${n}`, view: n });
const called = (n: number): Entry => ({ kind: "called", attempt: `a${n}`, message: `m${n}`, view: n, accepted: true });

/** A line, its turn and its answer, with something in between. */
const story = ({ seen = [] as Entry[], claim = [] as Entry[], call = [] as Entry[] } = {}) => [
  line(1),
  view(1, 1),
  ...seen,
  decided(1),
  ...claim,
  claimed(1),
  ...call,
  called(1),
];

const CLEAN = {
  ai_sends: 1,
  overtaken_in_flight: 0,
  stale_sends: 0,
  after_human: 0,
  against_switch: 0,
  answered_twice: 0,
  doubled: 0,
};

test("a line that is answered in peace is found to be so", () => {
  expect(judge(story())).toEqual(CLEAN);
});

test.each([
  ["a line before the claim", { seen: [line(2)] }, { stale_sends: 1 }],
  ["a line during the provider call", { call: [line(2)] }, { overtaken_in_flight: 1 }],
  ["an assignment before the claim", { claim: [act("assign")] }, { after_human: 1 }],
  ["an assignment that was taken back", { seen: [act("assign"), act("reopen")] }, { after_human: 1 }],
  ["the AI switched on that was on before the claim", { seen: [act("ai_on")], claim: [act("reopen")] }, {}],
  ["an assignment during the provider call", { call: [act("assign")] }, { overtaken_in_flight: 1 }],
  ["sending switched off before the decision", { seen: [act("auto_send_off")] }, { against_switch: 1 }],
  ["sending switched off after the decision", { claim: [act("auto_send_off")] }, {}],
])("%s", (_title, meanwhile, found) => {
  expect(judge(story(meanwhile))).toEqual({ ...CLEAN, ...found });
});

test.each([
  ["assign", { after_human: 1 }],
  ["echo", { after_human: 1 }],
  ["ai_off", { after_human: 1 }],
  ["ai_on", {}],
  ["reopen", {}],
  // the line after it has opened the conversation again
  ["resolve", {}],
] as [Act, object][])("%s before the turn began", (name, found) => {
  expect(judge([act(name), ...story()])).toEqual({ ...CLEAN, ...found });
});

test("a second answer to the same lines, and a second acceptance of one message, are counted", () => {
  const again = [...story(), view(2, 1), decided(2), claimed(2), called(2), called(2)];
  expect(judge(again)).toMatchObject({ ai_sends: 3, answered_twice: 1, doubled: 1 });
});

test("a call that no claim came before is an error of the driver", () => {
  expect(() => judge([line(1), view(1, 1), decided(1), called(1)])).toThrow("nobody has decided");
});
