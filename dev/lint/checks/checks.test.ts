import { describe, expect, test } from "vitest";
import { brokenLinks } from "./links.ts";
import { machineTraces } from "./machine.ts";
import { changedMigrations } from "./migrations.ts";

describe("links in Markdown", () => {
  const present = new Set(["README.md", "docs/lineage.md", "docs"]);
  const check = (path: string, text: string) => brokenLinks([{ path, text }], (target) => present.has(target));

  test.each([
    ["a file beside it", "docs/a.md", "[columns](lineage.md#contacts)"],
    ["a file above it", "docs/a.md", '[start](../README.md "the start")'],
    ["a path from the root", "docs/a.md", "[start](/README.md)"],
    ["another site or a heading", "README.md", "[x](https://example.com/y.md) [z](#deploy) <mailto:a@example.com>"],
    ["code", "README.md", "```\n[x](nowhere.md)\n```"],
  ])("accepts %s", (_, path, text) => expect(check(path, text)).toEqual([]));

  test.each([
    ["a missing file", "docs/a.md", "[x](nowhere.md)"],
    ["a file that is elsewhere", "docs/a.md", "[x](README.md)"],
    ["a missing image", "README.md", "![x](way.png)"],
    ["a missing reference", "README.md", "[x]: docs/nowhere.md"],
  ])("finds %s", (_, path, text) => expect(check(path, text)).toHaveLength(1));
});

describe("traces of a machine", () => {
  const machine = { folders: ["/build/switchboard"], registryHost: "packages.example.net" };
  const check = (text: string, path = "a.ts") => machineTraces([{ path, text }], machine);

  test.each([
    ["a folder every machine has", 'open("/tmp/x")'],
    ["a URL whose path looks like a folder", "https://example.com/home/team/x"],
    ["a longer name", "/build/switchboarding/x"],
  ])("accepts %s", (_, text) => expect(check(text)).toEqual([]));

  test.each([
    ["the repository's folder", "see /build/switchboard/README.md"],
    ["somebody's home", `open("${["", "home", "ann", "notes"].join("/")}")`],
    ["a registry's host", "https://packages.example.net/left-pad"],
  ])("finds %s", (_, text) => expect(check(text)).toHaveLength(1));

  test("finds a lock file bound to a registry, except to the public one", () => {
    const lock = (host: string) => check(`{ "resolved": "https://${host}/zod.tgz" }`, "package-lock.json");
    expect(lock("mirror.example.org")).toHaveLength(1);
    expect(lock("registry.npmjs.org")).toEqual([]);
  });
});

describe("migrations are forward only", () => {
  const changed = (names: Record<string, string>) => changedMigrations((args) => names[args[4] ?? ""]);

  test("a changed published file is named once, whichever commit shows it", () => {
    const found = changed({
      "origin/main": "migrations/0001_roles.sql\n",
      "origin/main^": "migrations/0001_roles.sql\n",
    });
    expect(found).toEqual([expect.stringContaining("migrations/0001_roles.sql")]);
  });

  test("no changes, or no published branch, is no finding", () => {
    expect(changed({ "origin/main": "" })).toEqual([]);
    expect(changed({})).toEqual([]);
  });
});
