import { meta } from "../../shared/channels/meta/index.ts";
import type { Exec } from "../../shared/db/exec.ts";
import { createNeonExec } from "../../shared/db/neon.ts";
import { readBody } from "../../shared/http/read-body.ts";
import { latenessOf } from "./alarm.ts";
import type { AlarmNamespace } from "./alarm.ts";
import { bareTurn } from "./turn.ts";

export { BareAlarm } from "./alarm.ts";

interface CeilingEnv {
  DATABASE_URL: string;
  NEON_ENDPOINT: string;
  META_APP_SECRET: string;
  META_GRAPH_URL: string;
  GEMINI_BASE_URL: string;
  BARE_ALARM: AlarmNamespace;
}

const MAX_BYTES = 3 * 1024 * 1024;
let exec: Exec | undefined;

/**
 * What nothing that does our work on this runtime and through this driver can be faster than:
 * - `POST /verify`: the signature is checked and one trivial statement sent; nothing is parsed or stored.
 * - `POST /turn`: the same, and after the answer a turn's calls, without a thought between them.
 * - `POST /nothing`: the body is read and answered.
 * - `GET /alarm`: how late an object's alarm is that was set for now, in milliseconds.
 */
export default {
  async fetch(
    request: Request,
    env: CeilingEnv,
    context: { waitUntil(work: Promise<unknown>): void },
  ): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/alarm") return Response.json(await latenessOf(env.BARE_ALARM));
    const body = await readBody(request, MAX_BYTES);
    if (!body) return new Response("too large", { status: 413 });
    if (pathname === "/nothing") return new Response("ok");

    const signed = { url: request.url, headers: request.headers, body };
    if (!(await meta.verify(signed, { app_secrets: [env.META_APP_SECRET] }))) return new Response("", { status: 401 });
    exec ??= createNeonExec({ connection_string: env.DATABASE_URL, endpoint: env.NEON_ENDPOINT });
    const [rows] = await exec({ role: "switchboard_worker" }, [
      { text: "select extract(epoch from now()) * 1000 as at" },
    ]);
    if (pathname === "/turn") context.waitUntil(bareTurn({ body, due_at: String(rows?.[0]?.["at"]), exec, env }));
    return new Response("ok");
  },
};
