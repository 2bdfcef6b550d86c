import type { Context } from "hono";
import * as z from "zod";
import { actingAs } from "../../shared/auth/principal.ts";
import { importContacts, nothing } from "../../shared/contacts/import.ts";
import type { StoredBatch } from "../../shared/contacts/import.ts";
import { CsvError } from "../../shared/contacts/read-csv.ts";
import { callAs } from "../../shared/db/call.ts";
import { asServiceError, ServiceError } from "../../shared/errors.ts";
import { callerOf } from "../auth/caller.ts";
import { beat } from "../cron/pulse.ts";
import { afterwards } from "../http.ts";
import type { App } from "../http.ts";

export const importQuery = z.strictObject({
  business_id: z.uuid(),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, "two capital letters")
    .optional()
    .describe("ISO 3166 code of where numbers without + are dialled. A column `country` goes before it."),
  platform: z.enum(["whatsapp", "sms", "voice"]).default("whatsapp"),
  encoding: z.string().max(40).default("utf-8").describe("Such as windows-1252. A byte order mark goes before it."),
  consent_source: z
    .string()
    .trim()
    .min(1)
    .max(1000)
    .optional()
    .describe("Where the people's consent to marketing can be found. Left out, the file grants none."),
  consented_at: z.iso.datetime({ offset: true }).optional().describe("When they consented; now when left out."),
});

export const importOutput = z.object({
  rows: z.number().int(),
  created: z.number().int(),
  merged: z.number().int().describe("Rows of people who were here already, or further up in the file."),
  consents: z.number().int(),
  refused: z.number().int(),
  errors: z.array(z.object({ line: z.number().int(), reason: z.string() })).describe("The first thousand."),
  objections: z.array(z.number().int()).describe("Lines whose consent was not taken: the person has said no here."),
});

/** `POST /functions/v1/import-contacts?business_id=…`: the body is a CSV file, read as it comes. */
export async function importContactsRoute(c: Context<App>): Promise<Response> {
  const tools = c.get("tools");
  const caller = await callerOf(c.req.raw.headers, tools);
  if (caller.kind === "anon") {
    throw new ServiceError("unauthorized", "Sign in, or send an API key in the header 'apikey' or as a bearer token.");
  }
  const query = importQuery.safeParse(c.req.query());
  if (!query.success) {
    throw new ServiceError("invalid_input", "The address lacks what this command takes.", {
      problems: query.error.issues.map(({ path, message }) => ({ path: path.join("."), message })),
    });
  }
  const { body } = c.req.raw;
  if (!body) throw new ServiceError("invalid_input", "The body is to be a CSV file.");
  const { business_id, country, platform, encoding, consent_source, consented_at } = query.data;
  const session = actingAs(caller, "write");
  const consent = consent_source === undefined ? undefined : { evidence: consent_source, at: consented_at };
  const audit = { command: "import-contacts", operation: "INSERT", record_id: business_id } as const;
  const store = (rows: unknown[], entry?: typeof audit) =>
    callAs<StoredBatch>(tools.exec, session, "import_contacts_v1", { business_id, platform, consent, rows }, entry);

  const progress = nothing();
  const options = { encoding, country, has_consent_source: consent !== undefined };
  try {
    // who may not is told before the file is read; it is written down once
    await store([], audit);
    await importContacts(body, options, store, progress);
  } catch (error) {
    if (error instanceof CsvError) throw new ServiceError("invalid_input", error.message, { progress });
    const { code, message, details } = asServiceError(error);
    if (code !== "unavailable") throw error;
    const words = `${message} Send the file again: who is here already is found, not doubled.`;
    throw new ServiceError(code, words, { ...details, progress }, { cause: error });
  }
  afterwards(c, "pulse", beat(c.env, tools.now()));
  return c.json(importOutput.parse(progress));
}
