import { Hono } from "hono";
import { auditOf } from "./audit.ts";
import { actingAs } from "../../shared/auth/principal.ts";
import { callAs } from "../../shared/db/call.ts";
import { ServiceError } from "../../shared/errors.ts";
import { readBody } from "../../shared/http/read-body.ts";
import { callerOf } from "../auth/caller.ts";
import { wakeCampaign } from "../campaigns/wake.ts";
import { wakeAll } from "../conversation/wake.ts";
import { beat } from "../cron/pulse.ts";
import { afterwards, originOf } from "../http.ts";
import type { App } from "../http.ts";
import { importContactsRoute } from "./import-contacts.ts";
import { commands } from "./registry.ts";

const MAX_COMMAND_BYTES = 256 * 1024;
/** `POST /functions/v1/<name>`: finds the command, checks its input, runs it as the caller. */
export const functions = new Hono<App>().post("/import-contacts", importContactsRoute).post("/:name", async (c) => {
  const command = commands.get(c.req.param("name"));
  if (!command) {
    throw new ServiceError("not_found", `There is no command "${c.req.param("name")}".`, {
      commands: [...commands.keys()],
    });
  }
  const tools = c.get("tools");
  const caller = await callerOf(c.req.raw.headers, tools);
  if (caller.kind === "anon") {
    throw new ServiceError("unauthorized", "Sign in, or send an API key in the header 'apikey' or as a bearer token.");
  }
  const input = command.input.safeParse(await json(c.req.raw));
  if (!input.success) {
    throw new ServiceError("invalid_input", "The input is not what this command takes.", {
      problems: input.error.issues.map(({ path, message }) => ({ path: path.join("."), message })),
    });
  }

  // a key is refused by the transaction, which finds out first whether there is such a key
  if (command.scope === "service" && caller.kind === "user") {
    throw new ServiceError("forbidden", "This is for the service role.", { scope: "service" });
  }
  const session = actingAs(caller, command.scope);
  const output = await command.run(input.data, {
    tools,
    origin: originOf(c),
    call: (name, argument) => callAs(tools.exec, session, name, argument, auditOf(command, argument)),
    ask: (name, argument) => callAs(tools.exec, session, name, argument),
    wake: (conversation_id, due_in_ms) => afterwards(c, "wake", wakeAll(c.env, [{ conversation_id, due_in_ms }])),
    wake_campaign: (campaign_id) => afterwards(c, "wake", wakeCampaign(c.env, campaign_id)),
    afterwards: (what, work) => afterwards(c, what, work),
  });
  afterwards(c, "pulse", beat(c.env, tools.now()));
  return c.json(command.output.parse(output) as object);
});

async function json(request: Request): Promise<unknown> {
  const body = await readBody(request, MAX_COMMAND_BYTES);
  if (!body) throw new ServiceError("too_large", `A command's input may have ${MAX_COMMAND_BYTES} bytes at most.`);
  try {
    return body.byteLength === 0 ? {} : JSON.parse(new TextDecoder().decode(body));
  } catch (cause) {
    throw new ServiceError("invalid_input", "The body is not JSON.", undefined, { cause });
  }
}
