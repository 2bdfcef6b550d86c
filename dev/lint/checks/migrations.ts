/** Runs git with arguments; undefined when it fails, such as outside a repository or for a commit that is not there. */
export type Git = (args: string[]) => string | undefined;

const PUBLISHED = ["origin/main", "origin/main^"];

/**
 * Migrations that were published and then changed, renamed or removed. Databases have applied them: a correction is a
 * new file. Compares the working tree with the published branch and with its state before the last commit, as far as
 * git knows them; what nobody else has yet may still change.
 * @returns one line a file
 */
export function changedMigrations(git: Git): string[] {
  const changed = PUBLISHED.flatMap((base) => {
    const names = git(["diff", "--name-only", "--no-renames", "--diff-filter=MDT", base, "--", "migrations/*.sql"]);
    return names?.split("\n").filter((name) => name !== "") ?? [];
  });
  return [...new Set(changed)].map((path) => `${path}: a published migration must not change; write a new one`);
}
