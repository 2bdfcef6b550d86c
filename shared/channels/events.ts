/**
 * What any provider tells us, in one shape. A provider's `normalise` turns one webhook body into a list of these;
 * `ingest_v1` in the database takes the list as it stands, so field names are those of the columns.
 *
 * Every item of a webhook body becomes exactly one event: nothing is dropped, what we cannot read is `malformed`
 * (invariants F1, F2, F13). Times are unix seconds of the provider's clock.
 */
export type ProviderEvent =
  | MessageEvent
  | EditEvent
  | RevokeEvent
  | StatusEvent
  | IdentityEvent
  | AccountEvent
  | MalformedEvent;

/** Who the customer is, by every name the provider gave. At least one of `wa_id`, `phone`, `bsuid` is set. */
export interface ContactRef {
  /** The provider's own spelling of the phone, digits only; the one to send to (F30). */
  wa_id?: string;
  /** E.164 with "+". */
  phone?: string;
  /** Business-scoped user id, unique within `scope` only (F29). */
  bsuid?: string;
  parent_bsuid?: string;
  /** What a bsuid is scoped to: the WABA id, mapped to its portfolio in the database. */
  scope?: string;
  /** Other spellings of the same number, for look-up only (F30). */
  variants?: string[];
  /** Display name; never an identity. */
  name?: string;
}

interface Common {
  /** The provider's id of our number (Meta: `phone_number_id`); null when the event concerns a whole account. */
  account: string | null;
  /** The item exactly as received, cleaned of text that Postgres cannot hold. */
  raw: unknown;
}

export interface Media {
  /** The provider's media id. */
  id?: string;
  url?: string;
  mime_type?: string;
  sha256?: string;
  filename?: string;
}

export interface MessageEvent extends Common {
  kind: "message";
  /** The provider's message id: the deduplication key within a channel (F4). */
  provider_id: string;
  /** `live` from the customer; `phone` typed by the business on its own phone (F20); `history` backfill (F18). */
  origin: "live" | "phone" | "history";
  direction: "inbound" | "outbound";
  contact: ContactRef;
  at: number;
  /** text, image, document, audio, video, sticker, location, contacts, reaction, button, interactive, order, system, unsupported, … */
  type: string;
  /** What a person reads in the thread; a placeholder such as "[image]" when there is no text; never empty except a removed reaction. */
  content: string;
  media?: Media;
  /** Provider id of the message that this one answers or reacts to. */
  reply_to?: string;
  /** Whether this message asks for an answer: false for reactions, system and unsupported messages, echoes and history. */
  wakes: boolean;
}

/** The customer changed a message's text (F15). `provider_id` is the edit's own id, `target` the edited message. */
export interface EditEvent extends Common {
  kind: "edit";
  provider_id: string;
  target: string;
  contact: ContactRef;
  at: number;
  type: string;
  content: string;
  media?: Media;
}

/** The customer took a message back (F15). */
export interface RevokeEvent extends Common {
  kind: "revoke";
  provider_id: string;
  target: string;
  contact: ContactRef;
  at: number;
}

export interface StatusEvent extends Common {
  kind: "status";
  provider_id: string;
  status: "sent" | "delivered" | "read" | "played" | "failed" | "held" | "other";
  at: number;
  /** Our send attempt's id, echoed by the provider (Meta: `biz_opaque_callback_data`); absent when it is not one of ours. */
  attempt_id?: string;
  contact?: ContactRef;
  error?: { code: number | string; title?: string; message?: string; details?: string };
  pricing?: unknown;
}

/** The provider says that a customer's names changed (F28). Stored in the thread as a `system` message. */
export interface IdentityEvent extends Common {
  kind: "identity";
  provider_id: string;
  contact: ContactRef;
  /** The names that hold from now on; the ones not given here stay. */
  next: ContactRef;
  at: number;
  content: string;
}

/** Anything about an account rather than a customer: templates, quality, limits, preferences, unknown fields. */
export interface AccountEvent extends Common {
  kind: "account";
  /** The provider's id of the account (Meta: the WABA id). */
  entry: string;
  field: string;
  at: number | null;
  /** Digest of entry, time, field and value: these events have no id (contracts §1.3). */
  dedupe: string;
  /** What people have told the provider about being written to by this business. */
  preferences?: Preference[];
}

/** A person's word to the provider on messages of one topic: no more, as before again, or a consent of its own. */
export interface Preference {
  contact: ContactRef;
  topic: "marketing";
  state: "withdrawn" | "restored" | "granted";
  at: number;
}

/** An item whose shape we cannot read. Kept in quarantine with the reason. */
export interface MalformedEvent extends Common {
  kind: "malformed";
  reason: string;
}
