import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";

const HOST = "127.0.0.1";
// Below the range from which systems take outgoing ports (32768 on Linux): a kept port is not lost to a passing client.
const LOWEST = 20_000;
const HIGHEST = 31_999;

/** Whether nothing listens on the port of 127.0.0.1. */
export async function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, HOST, () => probe.close(() => resolve(true)));
  });
}

/** A port of 127.0.0.1 that is free now and not in `taken`; `random` gives numbers in [0, 1). */
export async function freePort(taken: Iterable<number> = [], random: () => number = Math.random): Promise<number> {
  const avoid = new Set(taken);
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = LOWEST + Math.floor(random() * (HIGHEST - LOWEST + 1));
    if (!avoid.has(port) && (await isFree(port))) return port;
  }
  throw new Error(`no free port found between ${LOWEST} and ${HIGHEST}`);
}

/**
 * Ports of the local stack by name, kept in `directory/ports.json` so that addresses stay the same from start to start.
 * @param wanted fixed numbers, or undefined for "the one from last time, else a free one".
 * @throws when a fixed or kept port is in use: moving it silently would leave somebody with a dead address.
 */
export async function choosePorts<Name extends string>(
  directory: string,
  wanted: Record<Name, number | undefined>,
  random: () => number = Math.random,
): Promise<Record<Name, number>> {
  const file = join(directory, "ports.json");
  const kept = await readKept(file);
  const chosen: Record<string, number> = { ...kept };
  for (const [name, fixed] of Object.entries<number | undefined>(wanted)) {
    const port = fixed ?? kept[name];
    if (port !== undefined && !(await isFree(port))) {
      const remedy = fixed === undefined ? "use --data with another folder" : "choose another one";
      throw new Error(`port ${port} (${name}) is in use: stop what uses it, or ${remedy}`);
    }
    chosen[name] = port ?? (await freePort(Object.values(chosen), random));
  }
  await mkdir(directory, { recursive: true });
  // Written beside and renamed: a kill in between leaves the old file whole.
  await writeFile(`${file}.new`, `${JSON.stringify(chosen, null, 2)}\n`);
  await rename(`${file}.new`, file);
  return Object.fromEntries(Object.keys(wanted).map((name) => [name, chosen[name]])) as Record<Name, number>;
}

async function readKept(file: string): Promise<Record<string, number>> {
  const text = await readFile(file, "utf8").catch(() => "{}");
  try {
    const parsed: unknown = JSON.parse(text);
    const entries = typeof parsed === "object" && parsed !== null ? Object.entries(parsed) : [];
    return Object.fromEntries(entries.filter((entry): entry is [string, number] => Number.isInteger(entry[1])));
  } catch {
    throw new Error(`${file} is not valid JSON: delete it to get new ports`);
  }
}
