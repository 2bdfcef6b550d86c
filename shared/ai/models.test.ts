import { expect, test } from "vitest";
import { modelTraits, resolveModel, retiringWithin } from "./models.ts";

const LAST_DAY = new Date("2026-11-30T23:59:59Z");
const RETIRED = new Date("2026-12-01T00:00:00Z");

test("F64: gemini-2.5-flash is asked for until its last day and replaced on the day after", () => {
  expect(resolveModel("gemini-2.5-flash", LAST_DAY)).toMatchObject({ model: "gemini-2.5-flash", substituted: null });
  expect(resolveModel("gemini-2.5-flash", RETIRED)).toMatchObject({
    model: "gemini-3.5-flash-lite",
    substituted: "retired",
  });
});

test("F64: a pinned revision of a retired model is replaced too", () => {
  expect(resolveModel("models/gemini-2.0-flash-001", RETIRED).model).toBe("gemini-3.5-flash-lite");
});

test("F64: a model that is served early refused has its successor next in the chain", () => {
  expect(resolveModel("gemini-2.5-pro", LAST_DAY).chain.slice(0, 2)).toEqual(["gemini-2.5-pro", "gemini-3.8-flash"]);
});

test("F64: a chain names no model twice and none that is retired", () => {
  for (const name of ["gemini-2.5-flash", "gemini-2.5-pro", "gemini-2.0-flash-lite", "gemini-3.5-flash-lite", "x"]) {
    const { chain } = resolveModel(name, RETIRED);
    expect(new Set(chain).size).toBe(chain.length);
    expect(chain.map((model) => resolveModel(model, RETIRED).substituted)).toEqual(chain.map(() => null));
  }
});

test("F64: a name that we do not know is asked for as it is, with models behind it that we do", () => {
  const { model, chain } = resolveModel("gemini-9-flash", RETIRED);
  expect(model).toBe("gemini-9-flash");
  expect(chain.length).toBeGreaterThan(1);
});

test.each(["", "../../v1/files", "gemini?key=1", "a/b", "gemini 2.5"])(
  "what cannot be a model's name, %j, becomes the default",
  (name) => {
    expect(resolveModel(name, LAST_DAY)).toMatchObject({ model: "gemini-2.5-flash", substituted: "not_a_model_name" });
  },
);

test("F65: thinking is bounded by tokens for 2.5 and by level for 3.x, known or not", () => {
  expect(modelTraits("gemini-2.5-flash").thinking).toBe("budget");
  expect(modelTraits("gemini-2.5-flash-lite-001").thinking).toBe("budget");
  expect(modelTraits("gemini-3.5-flash-lite").thinking).toBe("level");
  expect(modelTraits("gemini-4.1-flash").thinking).toBe("level");
  expect(modelTraits("something-else").thinking).toBe("none");
});

test("F64: a retirement is announced from thirty days before until it happens", () => {
  const names = (day: string) => retiringWithin(30, new Date(day)).map(({ model }) => model);
  expect(names("2026-10-31T23:59:59Z")).not.toContain("gemini-2.5-flash");
  expect(names("2026-11-01T00:00:00Z")).toContain("gemini-2.5-flash");
  expect(names("2026-11-30T23:59:59Z")).toContain("gemini-2.5-flash");
  expect(names("2026-12-01T00:00:00Z")).not.toContain("gemini-2.5-flash");
});
