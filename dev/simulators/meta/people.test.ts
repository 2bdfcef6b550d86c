import { expect, test } from "vitest";
import { createPeople } from "./people.ts";

test("somebody who wrote is found under another spelling, with the spelling that they came with", () => {
  const people = createPeople();
  const writer = people.meet("5215512345678");
  expect(people.find({ to: "+52 55 1234 5678" })).toBe(writer);
  expect(writer.wa_id).toBe("5215512345678");
});

test.each([
  ["Mexico gains a 1", "+525512345678", "5215512345678"],
  ["Argentina gains a 9", "+541123456789", "5491123456789"],
  ["Brazil outside São Paulo and Rio loses the ninth digit", "+5531987654321", "553187654321"],
  ["São Paulo keeps it", "+5511987654321", "5511987654321"],
  ["the United States stay as they are", "+16505551234", "16505551234"],
])("%s", (_, dialled, wa_id) => {
  expect(createPeople().find({ to: dialled })?.wa_id).toBe(wa_id);
});

test("a person who shows no phone is found by the business-scoped id, heard of or not", () => {
  const people = createPeople();
  expect(people.meet("US.13491208655302741918")).toMatchObject({ wa_id: null, user_id: "US.13491208655302741918" });
  expect(people.find({ recipient: "US.13491208655302741918" })?.wa_id).toBeNull();
  expect(people.find({ recipient: "US.99999" })).toMatchObject({ wa_id: null, user_id: "US.99999" });
  expect(people.find({ recipient: "not an id" })).toBeNull();
});

test("the phone goes before the business-scoped id when both are given", () => {
  const people = createPeople();
  people.meet("US.1");
  expect(people.find({ to: "+16505551234", recipient: "US.1" })?.wa_id).toBe("16505551234");
});

test("a number under +999 is nobody's", () => {
  expect(createPeople().find({ to: "+99912345678" })).toBeNull();
});
