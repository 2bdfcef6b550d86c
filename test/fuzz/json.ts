import * as fc from "fast-check";

/* What any JSON may be turned into: by replacing, removing, repeating or burying one of its parts. */

const DEEP = Array.from({ length: 2_000 }).reduce<unknown>((inner) => [inner], "deep");

/** Values that break parsers, databases and assumptions. */
const ODD: unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  2 ** 60,
  "",
  " ",
  "0",
  "-1",
  "NaN",
  "99999999999999999999",
  "1e9",
  "\u0000",
  "a\u0000b",
  "\ud800",
  "\udc00 lone",
  "\u202eright to left",
  "😀".repeat(300),
  "x".repeat(70_000),
  "'; drop table messages; --",
  "{{7*7}} ${7*7} <script>",
  "__proto__",
  "constructor",
  "00000000-0000-0000-0000-000000000000",
  [],
  [[]],
  {},
  [null],
  [{}],
  { $ne: 1 },
  JSON.parse('{"toString": 1, "then": 1, "toJSON": 1}'),
  JSON.parse('{"__proto__": {"admin": true}}'),
  Array.from({ length: 1_200 }, () => ({})),
  DEEP,
];

interface Change {
  /** Where, as a share of all places. */
  place: number;
  how: "replace" | "remove" | "repeat" | "bury";
  value: unknown;
}

const change: fc.Arbitrary<Change> = fc.record({
  place: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  how: fc.constantFrom("replace", "replace", "remove", "repeat", "bury"),
  value: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...ODD) },
    { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
    { weight: 1, arbitrary: fc.integer() },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  ),
});

/** Something like `base`, with up to four changes; without any when shrunk. */
export function like(base: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc
    .tuple(base, fc.array(change, { maxLength: 4 }))
    .map(([value, changes]) => changes.reduce<unknown>(apply, structuredClone(value)));
}

/** A box around the whole, so that it is a part like the others. */
function apply(whole: unknown, { place, how, value }: Change): unknown {
  const box = { whole };
  const places = placesIn(box);
  const chosen = places[Math.floor(place * places.length)];
  if (!chosen) return whole;
  const [parent, key] = chosen;
  const part = parent[key];
  if (how === "remove" && parent !== box) remove(parent, key);
  else if (how === "repeat" && Array.isArray(parent)) parent.push(part, structuredClone(part));
  else if (how === "bury") parent[key] = [{ [typeof value === "string" ? value.slice(0, 20) : "inner"]: part }, part];
  else parent[key] = value;
  return box.whole;
}

type Parent = Record<string | number, unknown>;

/** Every part of a value, as its parent and its key there. Parts of odd values that were put in are left alone. */
function placesIn(value: unknown, depth = 0): [Parent, string | number][] {
  if (typeof value !== "object" || value === null || depth > 14) return [];
  const parent = value as Parent;
  const keys = Array.isArray(value) ? [...value.keys()].slice(0, 20) : Object.keys(value);
  return keys.flatMap((key) => [[parent, key] as [Parent, string | number], ...placesIn(parent[key], depth + 1)]);
}

function remove(parent: Parent, key: string | number): void {
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete parent[key];
}
