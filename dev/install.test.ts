import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ensureInstalled, explainFailure, isStale } from "./install.mjs";

const zod = { version: "4.0.0" };
const otherPlatform = { version: "1.0.0", optional: true };
const wanted = { packages: { "": {}, "node_modules/zod": zod, "node_modules/tool-for-elsewhere": otherPlatform } };

describe("whether an installation is stale", () => {
  const stale = (packages: Record<string, { version?: string }>) => isStale(wanted, { packages });

  test("not when only optional packages are absent", () => expect(stale({ "node_modules/zod": zod })).toBe(false));
  test("when a package is missing", () => expect(stale({})).toBe(true));
  test("when a version differs", () => expect(stale({ "node_modules/zod": { version: "3.9.0" } })).toBe(true));
  test("when an optional package's version differs", () => {
    expect(stale({ "node_modules/zod": zod, "node_modules/tool-for-elsewhere": { version: "0.9.0" } })).toBe(true);
  });
  test("when a package is no longer wanted", () => {
    expect(stale({ "node_modules/zod": zod, "node_modules/left-over": zod })).toBe(true);
  });
});

describe("what a failed npm says", () => {
  test("no network is told in one line", () => {
    expect(explainFailure(1, "npm error code EAI_AGAIN\nnpm error request failed").split("\n")).toHaveLength(1);
  });
  test("anything else comes with npm's last words", () => {
    expect(explainFailure(1, "npm error code EUSAGE\nlock file out of date")).toContain("lock file out of date");
  });
});

describe("installing", () => {
  let root = "";
  const said: string[] = [];
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  /** Stands in for npm: a script that sees the arguments and acts in the repository. */
  const install = (script: string) => {
    put("npm.mjs", `import { mkdirSync, writeFileSync } from "node:fs";\n${script}`);
    const npm = { command: process.execPath, args: [join(root, "npm.mjs")] };
    return ensureInstalled({ root, npm, say: (line) => said.push(line) });
  };
  const INSTALLS = `mkdirSync("node_modules/.bin", { recursive: true }); writeFileSync("node_modules/.bin/node", "");`;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "switchboard-install-"));
    said.length = 0;
    put("package-lock.json", JSON.stringify(wanted));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  test("a fresh clone is installed, and says so", async () => {
    await expect(install(INSTALLS)).resolves.toBe(join(root, "node_modules/.bin/node"));
    expect(said).toHaveLength(2);
  });
  test("npm is asked for the locked packages with the development ones", async () => {
    await install(`${INSTALLS} writeFileSync("asked.json", JSON.stringify(process.argv.slice(2)));`);
    expect(await import(join(root, "asked.json"))).toMatchObject({
      default: expect.arrayContaining(["ci", "--include=dev"]),
    });
  });
  test("an installation that matches the lock file is left alone", async () => {
    put("node_modules/.bin/node", "");
    put("node_modules/.package-lock.json", JSON.stringify({ packages: { "node_modules/zod": zod } }));
    await install(`throw new Error("npm was called");`);
    expect(said).toEqual([]);
  });
  test("a failing npm fails the installation with its words", async () => {
    await expect(install(`console.error("no space left"); process.exit(3);`)).rejects.toThrow(
      /exit 3[^]*no space left/,
    );
  });
  test("an installation without the Node binary is refused", async () => {
    await expect(install("")).rejects.toThrow("install scripts");
  });
  test("a missing npm is named", async () => {
    const npm = { command: join(root, "no-such-npm"), args: [] };
    await expect(ensureInstalled({ root, npm, say: () => {} })).rejects.toThrow("npm was not found");
  });
  test("a Node that is too old is named before anything else", async () => {
    await expect(ensureInstalled({ root, nodeVersion: "18.20.4" })).rejects.toThrow(
      "Node 20 or newer is needed; this is 18.20.4.",
    );
  });
});
