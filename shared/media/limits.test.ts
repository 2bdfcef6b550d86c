import { expect, test } from "vitest";
import { fileProblems } from "./limits.ts";
import type { OutgoingMediaType } from "./limits.ts";

const MB = 1024 * 1024;

test.each<[OutgoingMediaType, string, number]>([
  ["image", "image/png", 5 * MB],
  ["audio", "audio/ogg", 16 * MB],
  ["video", "video/mp4", 16 * MB],
  ["document", "application/octet-stream", 100 * MB],
  ["sticker", "image/webp", 500 * 1024],
])("WhatsApp takes %s files of %s up to %i bytes", (type, mime_type, size_bytes) => {
  expect(fileProblems("meta", type, { mime_type, size_bytes })).toEqual([]);
  expect(fileProblems("meta", type, { mime_type, size_bytes: size_bytes + 1 })).toHaveLength(1);
});

test("a file of another type is refused with what it is", () => {
  expect(fileProblems("meta", "image", { mime_type: "image/gif", size_bytes: 1 })).toEqual([
    "WhatsApp takes image files of the types image/jpeg, image/png only; this one is image/gif.",
  ]);
});

test("an MMS takes any type, up to 5 MB", () => {
  expect(fileProblems("twilio", "image", { mime_type: "image/gif", size_bytes: 5 * MB })).toEqual([]);
  expect(fileProblems("telnyx", "image", { mime_type: "image/gif", size_bytes: 5 * MB + 1 })).toHaveLength(1);
});
