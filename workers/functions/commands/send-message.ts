import * as z from "zod";
import { sha256Hex } from "../../../shared/crypto/digest.ts";
import { ServiceError } from "../../../shared/errors.ts";
import { fileProblems } from "../../../shared/media/limits.ts";
import type { OutgoingMediaType } from "../../../shared/media/limits.ts";
import type { FileToSend } from "../../../shared/media/to-send.ts";
import { SEND_LEASE_SECONDS } from "../../../shared/sending/attempt.ts";
import type { SealedChannel } from "../../../shared/sending/attempt.ts";
import { toContent, toText } from "../../../shared/sending/content.ts";
import { cleanText } from "../../../shared/text/clean.ts";
import { command } from "../command.ts";
import type { Caller } from "../command.ts";
import { contentProblems, namedTemplate } from "../content-problems.ts";
import { finishSending, sendingOutput } from "../sending-result.ts";
import type { SendingResult } from "../sending-result.ts";

const text = z.string().transform(cleanText);

const input = z
  .strictObject({
    conversation_id: z.uuid(),
    content: text.optional().describe("The text, or the caption of the media."),
    media: z
      .strictObject({
        type: z.enum(["image", "document", "audio", "video", "sticker"]),
        id: z.string().min(1).optional(),
        link: z.url({ protocol: /^https$/ }).optional(),
        path: z.string().min(1).optional().describe("A file that was uploaded to /storage/v1, or came with a message."),
        filename: text.optional(),
      })
      .refine(
        ({ id, link, path }) => [id, link, path].filter((one) => one !== undefined).length === 1,
        "give exactly one of id, link, path",
      )
      .optional(),
    template: namedTemplate.optional(),
    interactive: z.record(z.string(), z.unknown()).optional(),
    reaction: z.strictObject({ message_id: z.string().min(1), emoji: z.string() }).optional(),
    reply_to: z.string().min(1).optional().describe("Provider id of the message answered."),
    idempotency_key: z.string().min(1).max(255).optional(),
  })
  .refine(
    ({ content, media, template, interactive, reaction }) =>
      [media, template, interactive, reaction].filter((one) => one !== undefined).length +
        (content !== undefined && media === undefined ? 1 : 0) ===
      1,
    "give exactly one of content, media (with content as its caption), template, interactive, reaction",
  );

export type SendMessageInput = z.output<typeof input>;

export const sendMessage = command({
  name: "send-message",
  description: "Sends a message to the customer of a conversation as a person, and takes the conversation from the AI.",
  scope: "write",
  input,
  output: sendingOutput,
  example: { conversation_id: "7d9f4c1e-2b64-4d38-9c58-0f6f0f0c8a11", content: "Your order has shipped!" },
  run: async (given, caller) => {
    const { conversation_id, reply_to, idempotency_key, ...parts } = given;
    const file = parts.media?.path === undefined ? null : await fileToSend(conversation_id, parts.media, caller);
    const payload = toContent(file === null ? parts : { ...parts, media: file.media });
    const wrong = [...(await contentProblems(conversation_id, payload, caller)), ...(file?.wrong ?? [])];
    if (wrong.length > 0) throw new ServiceError("invalid_input", wrong.join(" "), { problems: wrong });
    await file?.place();
    const result = await caller.call<SendingResult>("send_message_v1", {
      conversation_id,
      type: payload.type,
      text: toText(payload),
      payload,
      media_url: parts.media?.link,
      media_type: file?.mime_type,
      reply_to,
      idempotency_key,
      request_hash: idempotency_key && (await sha256Hex(JSON.stringify(given))),
      lease_seconds: SEND_LEASE_SECONDS,
    });
    return finishSending(result, caller);
  },
});

interface Media {
  type: OutgoingMediaType;
  path?: string | undefined;
  filename?: string | undefined;
}

/**
 * A file of ours that the caller may see: what its provider would refuse about it, and the way to put it there before the
 * message is written, so that no lease runs out while it travels. What fails then is tried again when the message is sent.
 */
async function fileToSend(conversation_id: string, media: Media, { ask, tools }: Caller) {
  const { path, type } = media;
  const { file, channel } = await ask<{ file: FileToSend; channel: SealedChannel }>("sendable_media_v1", {
    conversation_id,
    path,
  });
  return {
    media: { ...media, filename: media.filename ?? (type === "document" ? file.filename : undefined) },
    mime_type: file.mime_type,
    wrong: fileProblems(channel.provider, type, file),
    place: () => tools.place_file(channel, file),
  };
}
