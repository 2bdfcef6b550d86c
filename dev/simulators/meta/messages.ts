import { isObject } from "../server/is-object.ts";
import { randomBytes } from "node:crypto";
import { json } from "../server/http.ts";
import type { Call, Reply } from "../server/http.ts";
import { createPacer } from "../server/pacer.ts";
import { authorize, unknownObject } from "./authorize.ts";
import { metaError } from "./errors.ts";
import type { Media } from "./media.ts";
import type { BusinessNumber, Numbers } from "./numbers.ts";
import type { People, Person } from "./people.ts";
import { refuseShape } from "./refuse.ts";
import { readSchema, sendSchemas } from "./send-schema.ts";
import type { SendBody, SendType } from "./send-schema.ts";
import type { StatusReporter } from "./statuses.ts";
import { checkTemplate } from "./template-send.ts";
import type { Templates } from "./templates.ts";
import type { Windows } from "./windows.ts";

export interface MessagesOptions {
  numbers: Numbers;
  people: People;
  windows: Windows;
  media: Media;
  templates: Templates;
  statuses: StatusReporter;
  clock: () => number;
  /** Messages a second that one number may send. */
  throughput: number;
}

/** One message to one person: 45 at once, then one every 6 seconds. */
const PAIR = { interval_ms: 6000, burst: 45 };

/** The handler of `POST /{version}/{phone_number_id}/messages`. */
export function createMessages(options: MessagesOptions): (call: Call) => Promise<Reply> {
  const numberPace = createPacer(1000 / options.throughput, options.throughput);
  const pairPace = createPacer(PAIR.interval_ms, PAIR.burst);

  return async function messages(call) {
    const owned = authorize(call, options.numbers);
    if (!Array.isArray(owned)) return owned;
    const number = owned.find((each) => each.phone_number_id === call.params[0]);
    if (!number) return unknownObject(call.params[0] ?? "");
    if (!isObject(call.body)) return metaError(100, "The request body is not a JSON object.");
    if ("status" in call.body) return markRead(call.body);

    const type = typeof call.body.type === "string" ? call.body.type : "text";
    if (!isSendType(type)) return metaError(100, `Param type must be one of ${Object.keys(sendSchemas).join(", ")}.`);
    const parsed = sendSchemas[type].safeParse(call.body, { reportInput: true });
    if (!parsed.success) return refuseShape(parsed.error);
    const body = parsed.data;
    if (body.to === undefined && body.recipient === undefined) return metaError(100, "The parameter to is required.");

    const now = options.clock();
    if (!numberPace.take(number.phone_number_id, now)) return metaError(130429);
    const person = options.people.find(body);
    if (!person) return metaError(131026);
    if (!pairPace.take(`${number.phone_number_id} ${person.user_id}`, now)) return metaError(131056);
    return refuseContent(number, person, type, call.body, body, now) ?? accept(number, person, type, body, now);
  };

  function refuseContent(
    number: BusinessNumber,
    person: Person,
    type: SendType,
    raw: Record<string, unknown>,
    body: SendBody,
    now: number,
  ): Reply | undefined {
    if (body.template) return checkTemplate(options.templates.of(number.waba_id), body.template);
    if (!options.windows.isOpen(number.phone_number_id, person.user_id, now)) {
      return metaError(131047, "More than 24 hours have passed since the recipient last replied to the sender number.");
    }
    const content = raw[type];
    if (isObject(content) && typeof content.id === "string" && !options.media.has(content.id)) {
      return metaError(100, `Param ${type}.id is not a valid whatsapp business account media attachment ID.`);
    }
    return undefined;
  }

  async function accept(
    number: BusinessNumber,
    person: Person,
    type: SendType,
    body: SendBody,
    now: number,
  ): Promise<Reply> {
    const id = newWamid();
    const strikes = options.statuses.strike();
    await options.statuses.report(
      {
        id,
        number,
        person,
        category: body.template ? options.templates.categoryOf(number.waba_id, body.template.name) : "service",
        is_reaction: type === "reaction",
        biz_opaque_callback_data: body.biz_opaque_callback_data,
        accepted_at: now,
      },
      strikes,
    );
    const held = strikes.some((strike) => strike.kind === "hold");
    const status = held ? "held_for_quality_assessment" : type === "template" ? "accepted" : undefined;
    return json(200, {
      messaging_product: "whatsapp",
      contacts: [
        {
          input: body.to ?? body.recipient,
          ...(person.wa_id !== null && { wa_id: person.wa_id }),
          user_id: person.user_id,
        },
      ],
      messages: [{ id, ...(status && { message_status: status }) }],
    });
  }
}

function markRead(body: Record<string, unknown>): Reply {
  const parsed = readSchema.safeParse(body, { reportInput: true });
  return parsed.success ? json(200, { success: true }) : refuseShape(parsed.error);
}

/** A message id as Meta makes them: opaque, with characters that need care in URLs. */
export function newWamid(): string {
  return `wamid.${randomBytes(34).toString("base64")}`;
}

function isSendType(type: string): type is SendType {
  return Object.hasOwn(sendSchemas, type);
}
