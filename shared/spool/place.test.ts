import { expect, test } from "vitest";
import { accountEvent, message, status } from "../../test/factories/events.ts";
import { SPOOLS, accountOf, laneOf, spoolNumber } from "./place.ts";

test("a webhook is filed under the first number in it", () => {
  const events = [accountEvent("waba-1"), message("number-1", "4915100000001"), status("number-2", "wamid.1", "sent")];
  expect(accountOf(events)).toBe("number-1");
});

test("one about a whole account is filed under that, one about nobody under nothing", () => {
  expect(accountOf([accountEvent("waba-1")])).toBe("waba-1");
  expect(accountOf([])).toBe("");
});

test("F182: an account always has the same Spool, and a thousand accounts use all of them", async () => {
  expect(await spoolNumber("meta", "106540352242922")).toBe(await spoolNumber("meta", "106540352242922"));
  const used = await Promise.all(Array.from({ length: 1_000 }, (_, i) => spoolNumber("meta", `10654035224${i}`)));
  expect([...new Set(used)].toSorted((a, b) => a - b)).toEqual(Array.from({ length: SPOOLS }, (_, i) => i));
});

test("one customer's webhooks share a lane, two customers' do not, and one for both has none", () => {
  const [ann, ben] = ["4915100000001", "4915100000002"].map((wa_id) => message("number-1", wa_id));
  if (!ann || !ben) throw new Error("two were made");
  expect(laneOf([ann])).toBe(laneOf([ann, message("number-1", "4915100000001")]));
  expect(laneOf([ann])).not.toBe(laneOf([ben]));
  expect(laneOf([ann])).not.toBe(laneOf([message("number-2", "4915100000001")]));
  expect(laneOf([ann, ben])).toBeNull();
  expect(laneOf([])).toBeNull();
});
