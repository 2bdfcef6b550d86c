import * as z from "zod";
import { STATUS } from "../../shared/errors.ts";
import type { ErrorCode } from "../../shared/errors.ts";
import type { Command } from "../functions/command.ts";
import { importOutput, importQuery } from "../functions/import-contacts.ts";
import { tagOf } from "./tags.ts";

type Json = Record<string, unknown>;

/**
 * The OpenAPI document (3.1) of all commands, made from the registry: what a command takes and answers is written down
 * once, in its schema.
 * @param url the address under which this Worker is reached
 */
export function openApi(commands: Iterable<Command>, url: string): Json {
  return {
    openapi: "3.1.0",
    info: {
      title: "Switchboard",
      version: "1",
      description:
        "Commands for people and programs. Tables, views and row changes are read with @supabase/supabase-js at /rest/v1 and /realtime/v1.",
    },
    servers: [{ url }],
    security: [{ apiKey: [] }, { bearer: [] }],
    paths: {
      ...Object.fromEntries(
        [...commands].map((command) => [`/functions/v1/${command.name}`, { post: operation(command) }]),
      ),
      "/functions/v1/import-contacts": { post: importOperation() },
    },
    components: {
      securitySchemes: {
        apiKey: {
          type: "apiKey",
          in: "header",
          name: "apikey",
          description: "An API key, as create-api-key shows it.",
        },
        bearer: { type: "http", scheme: "bearer", description: "A signed-in user's token, or an API key." },
      },
      schemas: { Error: ERROR },
      responses: Object.fromEntries(Object.entries(REFUSALS).map(([status, text]) => [status, refusal(text)])),
    },
  };
}

function operation({ name, description, scope, input, output, example }: Command): Json {
  return {
    operationId: name,
    summary: description.split(". ", 1)[0]?.replace(/\.$/, ""),
    description,
    tags: [tagOf(name)],
    "x-scope": scope,
    requestBody: {
      required: true,
      content: { "application/json": { schema: schemaOf(input, "input"), example } },
    },
    responses: {
      200: { description: "Done.", content: { "application/json": { schema: schemaOf(output, "output") } } },
      ...refusals(),
    },
  };
}

/** JSON Schema 2020-12, which OpenAPI 3.1 takes as it is; what it cannot say (a check over several fields) is left out. */
function schemaOf(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return json;
}

/** The one command that takes a file, and so has its parameters in the address. */
const importOperation = (): Json => ({
  operationId: "import-contacts",
  summary: "Brings in the people of a CSV file",
  description:
    "Brings in the people of a CSV file, of any length. The first line names the columns: phone, and name, email, tags, notes, country, consent as they are there. Repeating it changes nothing.",
  tags: [tagOf("import-contacts")],
  "x-scope": "write",
  parameters: Object.entries(importQuery.shape).map(([name, schema]) => ({
    name,
    in: "query",
    required: !schema.safeParse(undefined).success,
    schema: schemaOf(schema, "input"),
  })),
  requestBody: {
    required: true,
    content: { "text/csv": { schema: { type: "string" }, example: "phone,name\n+4915112345678,Ana\n" } },
  },
  responses: {
    200: { description: "Done.", content: { "application/json": { schema: schemaOf(importOutput, "output") } } },
    ...refusals(),
  },
});

const CODES = Object.keys(STATUS) as ErrorCode[];

const ERROR = {
  type: "object",
  required: ["code", "message", "request_id"],
  properties: {
    code: { type: "string", enum: CODES, description: "Never changes its meaning." },
    message: { type: "string", description: "For a person to read." },
    details: { type: "object", description: "What the code is about: `current`, `rule`, `allowed_at`, `problems`, …" },
    request_id: { type: "string" },
  },
};

const REFUSALS: Record<string, string> = {
  400: "The input is not what this command takes; `details.problems` says where.",
  401: "No key or token, or one that is not valid.",
  403: "The key lacks the scope, or the person the right.",
  404: "There is no such thing within the caller's reach.",
  409: "Something has changed meanwhile; `details.current` says what is true now.",
  413: "The input is too large.",
  422: "The gate refuses, with `details.rule` and `details.allowed_at`; or the idempotency key was used for something else.",
  429: "Too many requests; `retry-after` says when to come back.",
  503: "The database cannot be reached. Nothing is known about what was done.",
};

const refusals = (): Json =>
  Object.fromEntries(Object.keys(REFUSALS).map((status) => [status, { $ref: `#/components/responses/${status}` }]));

const refusal = (description: string): Json => ({
  description,
  content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
});
