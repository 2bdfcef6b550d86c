import type { OpenedMedia, RemoteFile } from "../media/open.ts";
import type { ProviderEvent } from "./events.ts";

/** What a provider must be able to do for us. One folder a provider implements it; no caller knows which one it has. */
export interface ChannelProvider<Secrets, Credentials> {
  /**
   * Whether the request really comes from the provider: over the raw bytes, in constant time, before any parsing (F10).
   */
  verify(request: SignedRequest, secrets: Secrets): Promise<boolean>;
  /** Every item of a verified body as one event; never throws for an odd item (F3). */
  normalise(body: unknown): Promise<ProviderEvent[]>;
  /** One provider call for one attempt. Never throws: what we do not know is `unknown` (F69). */
  send(message: OutgoingMessage, credentials: Credentials): Promise<SendOutcome>;
  /** A file that a webhook named, from the provider's own hosts only (F23). Never throws. */
  open_media(file: RemoteFile, credentials: Credentials): Promise<OpenedMedia>;
}

export interface SignedRequest {
  url: string;
  headers: Headers;
  body: Uint8Array;
}

export interface OutgoingMessage {
  /** Send attempt id (uuid), given back by the provider in status callbacks where it can. */
  attempt_id: string;
  to: { phone?: string | null; bsuid?: string | null };
  content: OutgoingContent;
  /** Provider id of the message answered. */
  reply_to?: string | null;
}

export type OutgoingContent =
  | { type: "text"; text: string; preview_url?: boolean }
  | {
      type: "image" | "document" | "audio" | "video" | "sticker";
      /** One of the three. `path`: a file of ours, which becomes one of the others before the provider is called. */
      id?: string;
      link?: string;
      path?: string;
      caption?: string;
      filename?: string;
    }
  | { type: "template"; name: string; language: string; components?: unknown[] }
  | { type: "interactive"; interactive: Record<string, unknown> }
  | { type: "reaction"; message_id: string; emoji: string };

/**
 * How a provider's error is treated (F86).
 * - `retry`: transient, the same attempt may be made again after a back-off
 * - `retry_pair`: too fast for this one recipient: back off for this conversation only
 * - `never`: this message cannot be sent
 * - `stop_channel`: nothing may be sent from this number until a person looks
 * - `auth`: the credentials are dead
 */
export type ErrorClass = "retry" | "retry_pair" | "never" | "stop_channel" | "auth";

export type SendOutcome =
  | {
      state: "accepted";
      provider_id: string;
      /** Accepted, but kept back by the provider for a quality check (F79). */
      held: boolean;
      /** Names of the recipient as the provider returned them (F30). */
      contact?: { wa_id?: string; bsuid?: string };
    }
  | { state: "failed"; class: ErrorClass; code: string; title: string; detail?: string; retry_after_ms?: number }
  /** The request may have left and no answer was understood: settled by a status or by a person, never sent again blindly. */
  | { state: "unknown"; reason: string };
