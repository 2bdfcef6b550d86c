import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keepSecrets } from "./secrets.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "secrets-"));
});
afterEach(() => rm(directory, { recursive: true }));

test("they are made once and kept where only their owner reads them", async () => {
  const first = await keepSecrets(directory);
  expect(await keepSecrets(directory)).toEqual(first);
  expect((await stat(join(directory, "secrets.json"))).mode & 0o777).toBe(0o600);
  expect(Buffer.from(first.vault_master_key, "base64")).toHaveLength(32);
  expect(first.demo_api_key).toMatch(/^\w{8}\.\w{20,}$/);
});

test("two folders have nothing in common", async () => {
  const one = await keepSecrets(directory);
  const other = await keepSecrets(join(directory, "other"));
  const shared = Object.values(one).filter(
    (value) => typeof value === "string" && Object.values(other).includes(value),
  );
  expect(shared).toEqual([]);
});

test("what an older file lacks is added, and the rest stays", async () => {
  const { jwt_secret, ...older } = await keepSecrets(directory);
  await writeFile(join(directory, "secrets.json"), JSON.stringify(older));
  const now = await keepSecrets(directory);
  expect(now).toMatchObject(older);
  expect(now.jwt_secret).not.toBe(jwt_secret);
  expect(JSON.parse(await readFile(join(directory, "secrets.json"), "utf8"))).toEqual(now);
});

test.each(["{", "[1]", '{"jwt_secret": ""}'])("a damaged file (%s) is named and left alone", async (text) => {
  const file = join(directory, "secrets.json");
  await writeFile(file, text);
  await expect(keepSecrets(directory)).rejects.toThrow(`${file} is damaged`);
  expect(await readFile(file, "utf8")).toBe(text);
});
