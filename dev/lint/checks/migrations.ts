/** Runs git with arguments; undefined when it fails, such as outside a repository or for a commit that is not there. */
export type Git = (args: string[]) => string | undefined;

const BASES = ["HEAD", "HEAD^", "origin/main"];

/**
 * Migrations that were committed and then changed, renamed or removed. Databases have applied them: a correction is a
 * new file. Compares the working tree with the last commits and the published branch, as far as git knows them.
 * @returns one line a file
 */
export function changedMigrations(git: Git): string[] {
  const changed = BASES.flatMap((base) => {
    const names = git(["diff", "--name-only", "--no-renames", "--diff-filter=MDT", base, "--", "migrations/*.sql"]);
    return names?.split("\n").filter((name) => name !== "") ?? [];
  });
  return [...new Set(changed)].map((path) => `${path}: a committed migration must not change; write a new one`);
}
