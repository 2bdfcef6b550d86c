import type { Exec, Row } from "../db/exec.ts";

/**
 * The same way to the database, which tells of whose feeds have grown: statements that may write answer it in a column
 * named `feed`.
 */
export function watchFeed(exec: Exec, tell: (org_ids: string[]) => void): Exec {
  return async (session, statements) => {
    const results = await exec(session, statements);
    const grown = new Set(results.flatMap((rows) => rows.flatMap(feedsIn)));
    if (grown.size > 0) tell([...grown]);
    return results;
  };
}

/** To be selected after what writes. */
export const FEED_COLUMN = "nullif(current_setting('switchboard.feed', true), '') as feed";

function feedsIn({ feed }: Row): string[] {
  return typeof feed === "string" ? feed.split(" ") : [];
}
