import { isObject } from "../server/is-object.ts";
import type { Timers } from "../server/timers.ts";
import { recordArrivals } from "./arrivals.ts";
import { contactOf, envelope } from "./envelope.ts";
import { toMetaJson } from "./escape.ts";
import type { Media } from "./media.ts";
import { newWamid } from "./messages.ts";
import { digits } from "./numbers.ts";
import type { BusinessNumber, Numbers } from "./numbers.ts";
import type { ArrivalsOptions } from "./arrivals.ts";
import { withSampleMedia } from "./sample-media.ts";
import { untilAcknowledged } from "./webhook-sender.ts";
import { postCopies } from "../server/webhook.ts";
import type { CopiesAnswer, WebhookAnswer } from "../server/webhook.ts";
import type { WebhookSender } from "./webhook-sender.ts";

/** A customer's message to be delivered to the worker. One of `text` and `raw`. */
export interface InboundInput {
  /** The customer's phone with or without "+", or a business-scoped user id. Not needed for a whole body in `raw`. */
  from?: string | undefined;
  /** `phone_number_id` or display number; the first number when left out. Unknown ids are delivered all the same. */
  to?: string | undefined;
  text?: string | undefined;
  /**
   * A string is signed and posted as it stands. An object is a whole webhook body when it has `entry`, the `value` of
   * a change when it has `messages` or `statuses`, else one message (`{ type, … }`) to be put in an envelope.
   */
  raw?: unknown;
  /** The same webhook so many times at once. */
  copies?: number | undefined;
  name?: string | undefined;
}

export interface InboundResult extends CopiesAnswer {
  /** The message's id; null for a body in which there is none. */
  id: string | null;
}

export interface InboundOptions extends ArrivalsOptions {
  numbers: Numbers;
  media: Media;
  sender: WebhookSender;
  timers: Timers;
  retries_ms: readonly number[];
  clock: () => number;
  /** Base URL of the simulators, for links to media. */
  base_url: () => string;
}

/**
 * Delivers customers' messages. What is made from `text` or from a single raw message is repeated until the worker
 * acknowledges it, as Meta does; a body written by the caller is posted once.
 */
export function createInbound(options: InboundOptions): (input: InboundInput) => Promise<InboundResult> {
  return async function inbound(input) {
    const { bytes, id, repeat } = compose(input, options);
    return { ...(await postCopies(input.copies ?? 1, () => postAndRepeat(bytes, repeat, options))), id };
  };
}

/** Resolves with the first answer; the tries after it go on in the background. */
function postAndRepeat(bytes: string, repeat: boolean, options: InboundOptions): Promise<WebhookAnswer> {
  return new Promise((resolve) => {
    const attempt = async () => {
      const answer = await options.sender.post(bytes);
      resolve(answer);
      return answer.status;
    };
    void untilAcknowledged(attempt, repeat ? options.retries_ms : [], options.timers);
  });
}

function compose(input: InboundInput, options: InboundOptions): { bytes: string; id: string | null; repeat: boolean } {
  const { raw } = input;
  if (typeof raw === "string") {
    return { bytes: raw, id: recordArrivals(tryParse(raw), options), repeat: false };
  }
  if (isObject(raw) && ("entry" in raw || "object" in raw)) {
    return { bytes: toMetaJson(raw), id: recordArrivals(raw, options), repeat: false };
  }
  const number = addressee(input.to, options.numbers);
  const value =
    isObject(raw) && ("messages" in raw || "statuses" in raw)
      ? raw
      : messageValue(input, isObject(raw) ? withSampleMedia(raw, options) : textMessage(input.text ?? ""), options);
  const body = envelope(number, value);
  return { bytes: toMetaJson(body), id: recordArrivals(body, options), repeat: true };
}

function textMessage(text: string): Record<string, unknown> {
  return { type: "text", text: { body: text } };
}

function messageValue(
  input: InboundInput,
  message: Record<string, unknown>,
  { people, clock }: InboundOptions,
): Record<string, unknown> {
  const person = people.meet(input.from ?? "", input.name);
  return {
    contacts: [contactOf(person)],
    messages: [
      {
        ...(person.wa_id !== null && { from: person.wa_id }),
        from_user_id: person.user_id,
        id: newWamid(),
        timestamp: String(Math.floor(clock() / 1000)),
        ...message,
      },
    ],
  };
}

/** A number that nobody has is written to as well: the worker must cope with a webhook for a stranger. */
function addressee(to: string | undefined, numbers: Numbers): BusinessNumber {
  const found = to === undefined ? numbers.first() : numbers.find(to);
  const id = digits(to ?? "0");
  return found ?? { phone_number_id: id, display_phone_number: id, waba_id: "0", access_token: "" };
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
