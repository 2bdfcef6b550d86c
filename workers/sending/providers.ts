import { createMeta, markRead } from "../../shared/channels/meta/index.ts";
import type { UploadOptions } from "../../shared/channels/meta/index.ts";
import { createTelnyx, numberOf, openMedia as openAtTelnyx } from "../../shared/channels/telnyx/index.ts";
import type { TelnyxCredentials, TelnyxOptions } from "../../shared/channels/telnyx/index.ts";
import { openMedia as openAtTwilio, readAccount, send as sendByTwilio } from "../../shared/channels/twilio/index.ts";
import type { TwilioCredentials, TwilioOptions } from "../../shared/channels/twilio/index.ts";
import type { OutgoingMessage } from "../../shared/channels/channel.ts";
import type { FileToSend, OutgoingFiles } from "../../shared/media/to-send.ts";
import { failed } from "../../shared/media/open.ts";
import type { OpenedMedia, RemoteFile } from "../../shared/media/open.ts";
import type { ClaimedAttempt, SealedChannel, SendOutcome } from "../../shared/sending/attempt.ts";
import { sendProblems } from "../../shared/templates/send-problems.ts";
import { isLost, placeAtAddress, placeAtMeta, placed } from "./place-file.ts";
import { unseal } from "../../shared/vault/seal.ts";
import type { Vault } from "../../shared/vault/keys.ts";

/** The only way to a provider's send call. A caller must hold a claimed attempt, and only the gate hands those out (F108). */
export interface Providers {
  /** Never throws; what is not known is `unknown`. */
  send(attempt: ClaimedAttempt): Promise<SendOutcome>;
  /** Tells the provider that a message was read, and optionally that an answer is being written. Never throws. */
  mark_read(channel: SealedChannel, provider_message_id: string, typing: boolean): Promise<boolean>;
}

/** A file that came in over this channel. Never throws. */
export type OpenMedia = (channel: SealedChannel, file: RemoteFile) => Promise<OpenedMedia>;

/** Puts a file of ours where a message that names it will be sent from. What fails is tried again by the send. */
export type PlaceFile = (channel: SealedChannel, file: FileToSend) => Promise<void>;

export interface ProviderOptions {
  vault: Promise<Vault>;
  meta: UploadOptions;
  files: OutgoingFiles;
  twilio?: TwilioOptions;
  telnyx?: TelnyxOptions;
  /** Where providers reach us; empty: they are not told. */
  public_url?: string;
}

export function createProviders({
  vault,
  meta,
  files,
  twilio,
  telnyx,
  public_url = "",
}: ProviderOptions): Providers & { open_media: OpenMedia; place_file: PlaceFile } {
  const whatsapp = createMeta(meta);
  const sms = createTelnyx(telnyx);

  const credentials = async ({ id, phone_number_id, access_token }: SealedChannel) => {
    const place = { column: "channels.access_token", row: id };
    const token = access_token === null ? null : await unseal(await vault, place, access_token);
    return token === null ? null : { phone_number_id, access_token: token };
  };

  const twilioCredentials = async ({ phone_number_id, secret }: SealedChannel): Promise<TwilioCredentials | null> => {
    const own = readAccount(phone_number_id);
    if (!own || !secret) return null;
    const auth_token = await unseal(await vault, secret, secret.value);
    if (auth_token === null) return null;
    const status_url = public_url === "" ? undefined : new URL("/webhooks/twilio/status", public_url).href;
    return { account_sid: own.account_sid, from: own.number, auth_token, status_url };
  };

  const telnyxCredentials = async ({ phone_number_id, secret }: SealedChannel): Promise<TelnyxCredentials | null> => {
    const from = numberOf(phone_number_id);
    if (from === null || !secret) return null;
    const api_key = await unseal(await vault, secret, secret.value);
    if (api_key === null) return null;
    const path = `/webhooks/telnyx/${secret.webhook_secret}/messaging`;
    return { from, api_key, webhook_url: public_url === "" ? undefined : new URL(path, public_url).href };
  };

  const byTwilio = (message: OutgoingMessage, account: TwilioCredentials) => sendByTwilio(message, account, twilio);

  /** Over a carrier that fetches files itself. */
  async function sendByCarrier<Credentials>(
    { id, to, content, reply_to, channel }: ClaimedAttempt,
    open: (channel: SealedChannel) => Promise<Credentials | null>,
    send: (message: OutgoingMessage, account: Credentials) => Promise<SendOutcome>,
  ): Promise<SendOutcome> {
    const account = await open(channel);
    if (!account) return NO_CREDENTIALS;
    const message = await placed(channel.id, content, files, (file) => placeAtAddress(file, files));
    if ("state" in message) return message;
    return send({ attempt_id: id, to, content: message.content, reply_to }, account);
  }

  return {
    send: async (attempt) => {
      const { id, to, content, reply_to, template, channel } = attempt;
      if (channel.provider === "twilio") return sendByCarrier(attempt, twilioCredentials, byTwilio);
      if (channel.provider === "telnyx") return sendByCarrier(attempt, telnyxCredentials, sms.send);
      const wrong = template && content.type === "template" ? sendProblems(template, content.components) : [];
      if (wrong.length > 0) return wrongParameters(wrong);
      const opened = await credentials(channel);
      if (!opened) return NO_CREDENTIALS;
      const message = await placed(channel.id, content, files, (file) =>
        placeAtMeta(channel.id, file, opened, files, meta),
      );
      if ("state" in message) return message;
      const outcome = await whatsapp.send({ attempt_id: id, to, content: message.content, reply_to }, opened);
      if (!message.file?.provider_media_id || !isLost(outcome)) return outcome;
      // an id that was kept: without it, the next attempt uploads the file anew
      const forgotten = await files.forget(channel.id, message.file).then(
        () => true,
        () => false,
      );
      return forgotten ? { ...outcome, class: "retry" } : outcome;
    },
    mark_read: async (channel, provider_message_id, typing) => {
      if (channel.provider !== "meta") return false;
      const opened = await credentials(channel);
      return opened !== null && markRead(provider_message_id, opened, { ...meta, typing });
    },
    place_file: async (channel, file) => {
      const opened = channel.provider === "meta" ? await credentials(channel) : null;
      if (opened) await placeAtMeta(channel.id, file, opened, files, { ...meta, timeout_ms: PLACE_TIMEOUT_MS });
    },
    open_media: async (channel, file) => {
      if (channel.provider === "twilio") {
        const account = await twilioCredentials(channel);
        return account ? openAtTwilio(file.url ?? "", account, twilio) : NOT_OPENED;
      }
      if (channel.provider === "telnyx") return openAtTelnyx(file.url ?? "", telnyx);
      const opened = await credentials(channel);
      return opened ? whatsapp.open_media(file, opened) : NOT_OPENED;
    },
  };
}

/** A person waits for it; a send has its lease, and less time. */
const PLACE_TIMEOUT_MS = 120_000;

/** Somebody may store the token again before the last try. */
const NOT_OPENED = failed("This channel has no access token that can be opened. Store it again.", true);

/** Found here and not by Meta: nothing has been sent (F92). */
const wrongParameters = (problems: string[]): SendOutcome => ({
  state: "failed",
  class: "never",
  code: "template_parameters",
  title: "The parameters do not fit the template",
  detail: problems.join("; "),
});

const NO_CREDENTIALS: SendOutcome = {
  state: "failed",
  class: "auth",
  code: "no_credentials",
  title: "This channel has no access token that can be opened. Store it again.",
};
