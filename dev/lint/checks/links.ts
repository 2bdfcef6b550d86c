import { posix } from "node:path";
import type { SourceFile } from "./files.ts";

const LINK = /!?\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)|^\[[^\]]+\]:\s+(\S+)/gm;
const FENCED = /^(```|~~~)[\s\S]*?^\1/gm;
const ELSEWHERE = /^([a-z][a-z\d+.-]*:|\/\/|#)/i;

/**
 * Relative links of Markdown files that lead nowhere.
 * @param exists whether a path, relative to the repository's root, is a file or a folder
 * @returns one line a broken link
 */
export function brokenLinks(files: SourceFile[], exists: (path: string) => boolean): string[] {
  return files
    .filter(({ path }) => path.endsWith(".md"))
    .flatMap(({ path, text }) =>
      [...text.replace(FENCED, "").matchAll(LINK)]
        .map((match) => match[1] ?? match[2] ?? "")
        .filter((target) => !ELSEWHERE.test(target))
        .filter((target) => !exists(resolveLink(path, target)))
        .map((target) => `${path}: the link ${target} leads nowhere`),
    );
}

function resolveLink(from: string, target: string) {
  const path = decodeURIComponent(target.replace(/[#?].*$/, ""));
  return posix.normalize(path.startsWith("/") ? `.${path}` : posix.join(posix.dirname(from), path));
}
