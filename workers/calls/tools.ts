import { Hono } from "hono";
import * as z from "zod";
import type { Act } from "../../shared/calls/act.ts";
import { isTool, TOOLS } from "../../shared/calls/tools.ts";
import { sha256Hex } from "../../shared/crypto/digest.ts";
import { call } from "../../shared/db/call.ts";
import { ServiceError } from "../../shared/errors.ts";
import { parseJson } from "../../shared/http/json-in.ts";
import { readBody } from "../../shared/http/read-body.ts";
import { cleanText } from "../../shared/text/clean.ts";
import { afterwards } from "../http.ts";
import type { App } from "../http.ts";
import { transfer } from "./act.ts";
import type { Transfer } from "./act.ts";

const MAX_BYTES = 16 * 1024;
const MAX_TEXT = 2_000;
/** Calls over Twilio cannot be handed on yet: the conversation waits for a person. */
const NOBODY = "Nobody can take the call now. Say that somebody will call back, and say goodbye.";

interface Answer {
  answer: unknown;
  act: (Act & Transfer) | null;
}

/**
 * `/tools/ultravox/{call_token}/{tool}`: what the voice agent asks for during a call. The token is all that it needs, and
 * opens that call's tools while the call goes on: another's, an ended one's or a guessed one is 404.
 */
export const callTools = new Hono<App>().post("/:call_token{[0-9a-f]{64}}/:tool", async (c) => {
  const tools = c.get("tools");
  const tool = c.req.param("tool");
  if (!isTool(tool)) throw new ServiceError("not_found", "There is no such tool.");
  const body = await readBody(c.req.raw, MAX_BYTES);
  if (!body) throw new ServiceError("too_large", `A tool takes ${MAX_BYTES} bytes at most.`);
  const [parameter] = TOOLS[tool].parameters;
  const text = parameter === undefined ? null : read(body, parameter.name);
  const tool_token_hash = await sha256Hex(c.req.param("call_token"));
  const given = await call<Answer | null>(tools.exec, "call_tool_v1", { tool_token_hash, tool, input: { text } });
  if (given === null) throw new ServiceError("not_found", "No call that is under way has these tools.");
  tools.log("info", "calls.tool", { tool, handed_on: given.act !== null });
  if (given.act?.carrier === "twilio") return c.json({ result: NOBODY });
  if (given.act) afterwards(c, "calls.transfer", transfer(given.act, tools));
  return c.json(given.answer as object);
});

/** @throws ServiceError invalid_input, in words that the agent can act on */
function read(body: Uint8Array, name: string): string {
  const shape = z.object({ [name]: z.string().trim().min(1).max(MAX_TEXT) });
  const given = shape.safeParse(parseJson(body)).data?.[name];
  if (given === undefined)
    throw new ServiceError("invalid_input", `"${name}" must be a text of up to ${MAX_TEXT} characters.`);
  return cleanText(given);
}
