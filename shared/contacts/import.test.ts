import { expect, test } from "vitest";
import { importContacts } from "./import.ts";
import type { ImportOptions } from "./import.ts";
import type { ImportedContact } from "./import-row.ts";

const OPTIONS: ImportOptions = { encoding: "utf-8", country: undefined, has_consent_source: false };
const utf8 = (text: string) => new TextEncoder().encode(text);
const latin = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

/** The file in pieces of `size` bytes, so that records and characters break anywhere. */
function streamOf(bytes: Uint8Array, size = 7): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + size));
      at += size;
    },
  });
}

async function bring(file: string | Uint8Array, change: Partial<ImportOptions> = {}) {
  const people: ImportedContact[] = [];
  const imported = await importContacts(
    streamOf(typeof file === "string" ? utf8(file) : file),
    { ...OPTIONS, ...change },
    async (batch) => {
      people.push(...batch);
      return { created: batch.length, merged: 0, consents: 0, objections: [] };
    },
  );
  return { people, imported };
}
const named = (people: ImportedContact[]) => people.map(({ ref, name }) => [ref.phone, name]);

test.each([
  ["commas and quotation marks", 'phone,name\n+4915112345678,"Ana ""A"", Berlin"\n', 'Ana "A", Berlin'],
  [
    "semicolons, as spreadsheets in Europe write them",
    "Handy;Vorname;Nachname\r\n+4915112345678;Ana;Maß\r\n",
    "Ana Maß",
  ],
  ["tabs, and a line break within a field", 'Full Name\tPhone Number\n"Ana\nMaß"\t+49 1511 2345678\n', "Ana\nMaß"],
  ["no line break at the end", "phone,name\n+4915112345678,Ana", "Ana"],
])("%s", async (_, file, name) => {
  expect(named((await bring(file)).people)).toEqual([["+4915112345678", name]]);
});

test("encodings: a byte order mark tells, windows-1252 is said, two in one file are told by line", async () => {
  const line = "phone,name\n+4915112345678,Müller\n";
  const utf16 = Uint8Array.from([0xff, 0xfe, ...[...line].flatMap((letter) => [letter.charCodeAt(0), 0])]);
  for (const file of [Uint8Array.from([0xef, 0xbb, 0xbf, ...utf8(line)]), utf16]) {
    expect(named((await bring(file)).people)).toEqual([["+4915112345678", "Müller"]]);
  }
  expect(named((await bring(latin(line), { encoding: "windows-1252" })).people)).toEqual([
    ["+4915112345678", "Müller"],
  ]);
  const mixed = Uint8Array.from([...utf8(line), ...latin("+4915112345679,Jürgen\n"), ...utf8("+4915112345670,Zoë\n")]);
  const { people, imported } = await bring(mixed);
  expect(named(people)).toEqual([
    ["+4915112345678", "Müller"],
    ["+4915112345670", "Zoë"],
  ]);
  expect(imported.errors).toEqual([{ line: 3, reason: '"name" has characters that are not of the file\'s encoding' }]);
  await expect(bring(line, { encoding: "klingon" })).rejects.toThrow('There is no encoding "klingon"');
});

test("what is wrong is told by line, and costs the neighbours nothing", async () => {
  const file = [
    "phone,name,email,consent",
    "+4915112345678,Ana,ana@example.com,yes",
    ",Nobody,,",
    "12,Short,,",
    "+491,Impossible,,",
    "0151 12345679,Local,,",
    "+4915112345671,Bad mail,at home,",
    "+4915112345672,Unclear,,perhaps",
    "004915112345673,Zeros,,no",
    "",
  ].join("\n");
  const { people, imported } = await bring(file, { has_consent_source: true });
  expect(people.map(({ name, consent }) => [name, consent])).toEqual([
    ["Ana", true],
    ["Zeros", false],
  ]);
  expect(imported).toMatchObject({ rows: 8, refused: 6 });
  expect(imported.errors.map(({ line }) => line)).toEqual([3, 4, 5, 6, 7, 8]);
  expect(named((await bring("phone\n0151 12345679\n", { country: "DE" })).people)).toEqual([
    ["+4915112345679", undefined],
  ]);
});

test("a file without phone numbers, or with a consent that has no source, is refused with the reason", async () => {
  await expect(bring("name,city\nAna,Berlin\n")).rejects.toThrow(
    "No column holds phone numbers. The first line names: name, city.",
  );
  await expect(bring("phone,opt-in\n+4915112345678,yes\n")).rejects.toThrow("say in consent_source");
  expect((await bring("")).imported.rows).toBe(0);
});

test("a quotation mark that is never closed ends with a reason, not with all the memory", async () => {
  const file = `phone,name\n+4915112345678,"Ana\n${"+4915112345679,Ben\n".repeat(5000)}`;
  const outcome = await bring(file).then(
    ({ imported }) => imported.errors.map(({ reason }) => reason).join(),
    (error: Error) => error.message,
  );
  expect(outcome).toMatch(/quotation mark/);
});

test("a long file passes in batches; what is read ahead does not grow with it", async () => {
  const LINES = 30_000;
  let made = 0;
  let ahead = 0;
  let stored = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (made === 0) controller.enqueue(utf8("phone,name\n"));
      if (made >= LINES) return controller.close();
      const piece = Array.from({ length: 500 }, (_, i) => `+4915${String(110_000_000 + made + i)},P${made + i}\n`).join(
        "",
      );
      made += 500;
      ahead = Math.max(ahead, made - stored);
      controller.enqueue(utf8(piece));
    },
  });
  const imported = await importContacts(body, OPTIONS, async (batch) => {
    expect(batch.length).toBeLessThanOrEqual(500);
    stored += batch.length;
    return { created: batch.length, merged: 0, consents: 0, objections: [] };
  });
  expect(imported).toMatchObject({ rows: LINES, created: LINES, refused: 0 });
  expect(ahead).toBeLessThan(6000);
});
