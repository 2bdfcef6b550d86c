import { identify } from "../../shared/auth/identify.ts";
import { viewerOf } from "../../shared/auth/viewer.ts";
import type { StandingViewer } from "../../shared/auth/viewer.ts";
import { reachOf, visibleEvents } from "../../shared/feed/feed.ts";
import { asServiceError } from "../../shared/errors.ts";
import type { Message } from "../../shared/realtime/frame.ts";
import { parseChangeFilter } from "../../shared/realtime/filter.ts";
import { joinPayload } from "../../shared/realtime/join.ts";
import type { Subscription } from "../../shared/realtime/join.ts";
import { restSettings } from "../../shared/rest/settings.ts";
import { schemaCacheOf } from "../rest/schema-cache.ts";
import type { Tools } from "../tools.ts";
import type { Connection, Join } from "./connections.ts";
import { roomOf } from "./connections.ts";

/** A refusal that the client is told. */
export class Refused extends Error {
  override readonly name = "Refused";
}

/**
 * Lets a socket join a topic: who it is for, what it wants to hear, and of which organizations it may.
 * @throws Refused
 */
export async function enter(
  { topic, join_ref, payload }: Message,
  connection: Connection,
  tools: Tools,
): Promise<Join> {
  const asked = joinPayload.safeParse(payload ?? {});
  if (!asked.success) {
    const [issue] = asked.error.issues;
    throw new Refused(`${issue?.path.join(".") || "payload"} ${issue?.message ?? "is not valid"}`);
  }
  const { config, access_token, user_token } = asked.data;
  const viewer = await viewerFor(access_token ?? user_token, connection, tools);
  if (config.private) await checkPrivate(topic, viewer, tools);
  await checkTables(config.postgres_changes, tools);
  const subscriptions = config.postgres_changes.map((subscription) => ({
    id: connection.next_subscription++,
    subscription,
  }));
  const orgs = subscriptions.length > 0 ? await reachOf(tools.exec, viewer) : [];
  return { topic, join_ref, config, viewer, subscriptions, orgs };
}

/**
 * Goes on with a new token: the user, and what the user may see, may have changed.
 * @throws Refused
 */
export async function reenter(join: Join, { payload }: Message, connection: Connection, tools: Tools): Promise<void> {
  const { access_token } = (payload ?? {}) as { access_token?: unknown };
  join.viewer = await viewerFor(typeof access_token === "string" ? access_token : null, connection, tools);
  if (join.config.private) await checkPrivate(join.topic, join.viewer, tools);
  if (join.subscriptions.length > 0) join.orgs = await reachOf(tools.exec, join.viewer);
}

/** The token of the join, or what the socket connected with; keys that begin with `sb_` are no user's. */
async function viewerFor(
  token: string | null | undefined,
  { apikey }: Connection,
  { keys, now, exec }: Tools,
): Promise<StandingViewer> {
  const bearer = token && !token.startsWith("sb_") ? token : null;
  try {
    return await viewerOf(await identify({ apikey, bearer }, keys, now()), exec);
  } catch (error) {
    throw new Refused(`InvalidJWTToken: ${asServiceError(error).message}`, { cause: error });
  }
}

const PRIVATE = /^(organization|business|conversation):([0-9a-f-]{36})(?::|$)/;
const TABLES: Record<string, string> = {
  organization: "organizations",
  business: "businesses",
  conversation: "conversations",
};

/** A private topic is named after what it is about, and open to whoever may see that. */
async function checkPrivate(topic: string, viewer: StandingViewer, { exec }: Tools): Promise<void> {
  const room = roomOf(topic);
  const [, kind = "", id = ""] = PRIVATE.exec(room) ?? [];
  const table = TABLES[kind];
  if (table) {
    const row = { seq: 0, table, type: "UPDATE" as const, record: { id }, at: "" };
    const [seen = []] = await visibleEvents(exec, id, [viewer], [row]).catch(() => []);
    if (seen.length > 0) return;
  }
  throw new Refused(
    `Unauthorized: You do not have permissions to read from this Channel topic: ${room}. ` +
      "A private topic is named organization:<id>, business:<id> or conversation:<id>, with more after another colon.",
  );
}

async function checkTables(subscriptions: Subscription[], tools: Tools): Promise<void> {
  if (subscriptions.length === 0) return;
  const schema = await schemaCacheOf(tools, restSettings(tools.config)).get();
  for (const { schema: of, table, filter } of subscriptions) {
    if (of !== "public") throw new Refused(`There are no changes of schema "${of}" to be had, only of "public".`);
    if (table === undefined || table === "*") continue;
    const relation = schema.relations.get(`public.${table}`);
    if (!relation) throw new Refused(`There is no table "${table}".`);
    const unknown = parseChangeFilter(filter ?? "")?.find(({ column }) => !relation.columns.has(column));
    if (unknown) throw new Refused(`The table "${table}" has no column "${unknown.column}" to filter by.`);
  }
}
