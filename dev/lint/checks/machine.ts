import type { SourceFile } from "./files.ts";

/** What must not be written into a file: it would be true on one machine only. */
export interface Machine {
  /** Absolute folders: where the repository and the user's own files lie. */
  folders: string[];
  /** Host of the package registry in use, when it is not the public one. */
  registryHost: string | undefined;
}

const HOMES = /(?<![\w.~-])\/(?:home|Users)\/[\w-]+\//;
const RESOLVED_ELSEWHERE = /"resolved": "(?!https:\/\/registry\.npmjs\.org\/)[^"]+"/;

/** @returns one line for each file that names a folder or a package registry of this machine */
export function machineTraces(files: SourceFile[], { folders, registryHost }: Machine): string[] {
  const patterns = folders.map((folder) => new RegExp(`(?<![\\w.~-])${RegExp.escape(folder)}(?=/|\\b)`));
  return files.flatMap(({ path, text }) => {
    const lines: string[] = [];
    const folder = [...patterns, HOMES].find((pattern) => pattern.test(text));
    if (folder) lines.push(`${path}: names a folder of one machine (${folder.exec(text)?.[0]})`);
    if (registryHost !== undefined && text.includes(registryHost))
      lines.push(`${path}: names a package registry's host`);
    if (path === "package-lock.json" && RESOLVED_ELSEWHERE.test(text))
      lines.push(`${path}: is bound to one package registry`);
    return lines;
  });
}
