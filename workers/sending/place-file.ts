import { uploadMedia } from "../../shared/channels/meta/index.ts";
import type { MetaCredentials, UploadOptions } from "../../shared/channels/meta/index.ts";
import type { OutgoingContent, SendOutcome } from "../../shared/channels/channel.ts";
import type { FileToSend, OutgoingFiles } from "../../shared/media/to-send.ts";

type Failed = Extract<SendOutcome, { state: "failed" }>;

/** Meta keeps an upload for 30 days; a message may wait a while before it leaves. */
const KEPT_DAYS = 29;
/** Twilio and Telnyx fetch when a message leaves their queue. */
const ADDRESS_SECONDS = 24 * 3600;

/**
 * A message as its provider can read it: `place` says how the provider knows a file of ours that it names. `file` is null
 * for a message that names none. Never throws: before the provider's send call everything may be repeated.
 */
export async function placed(
  channel_id: string,
  content: OutgoingContent,
  files: OutgoingFiles,
  place: (file: FileToSend) => Promise<{ id: string } | { link: string } | Failed>,
): Promise<{ content: OutgoingContent; file: FileToSend | null } | Failed> {
  if (!("path" in content) || content.path === undefined) return { content, file: null };
  try {
    const file = await files.find(channel_id, content.path);
    if (file === null) return GONE;
    const name = await place(file);
    if ("state" in name) return name;
    const { path: _, ...rest } = content;
    return { content: { ...rest, ...name }, file };
  } catch {
    return NOT_PLACED;
  }
}

/** The file's id at Meta, uploaded there unless it has been within the month, whoever sent the same bytes. */
export async function placeAtMeta(
  channel_id: string,
  file: FileToSend,
  credentials: MetaCredentials,
  files: OutgoingFiles,
  options: UploadOptions,
): Promise<{ id: string } | Failed> {
  if (file.provider_media_id !== null) return { id: file.provider_media_id };
  const body = await files.open(file);
  if (body === null) return GONE;
  const uploaded = await uploadMedia({ ...file, body }, credentials, options);
  if (uploaded.state === "failed") return uploaded;
  await files.remember(channel_id, file, uploaded.id, KEPT_DAYS);
  return { id: uploaded.id };
}

/** An address from which a provider of MMS fetches the file. */
export async function placeAtAddress(file: FileToSend, files: OutgoingFiles): Promise<{ link: string } | Failed> {
  const link = await files.address(file, ADDRESS_SECONDS);
  return link === null ? NO_ADDRESS : { link };
}

/** Whether Meta says of an id that it gave us that it does not know it. */
export const isLost = (outcome: SendOutcome): outcome is Failed =>
  outcome.state === "failed" && ["100", "131009", "131053"].includes(outcome.code);

const GONE: Failed = {
  state: "failed",
  class: "never",
  code: "no_file",
  title: "The file is not there any more.",
};
const NOT_PLACED: Failed = {
  state: "failed",
  class: "retry",
  code: "file_unavailable",
  title: "The file could not be read.",
};
const NO_ADDRESS: Failed = {
  state: "failed",
  class: "never",
  code: "no_public_url",
  title: "A provider of MMS fetches files from us. Set PUBLIC_URL to the address at which it reaches this Worker.",
};
