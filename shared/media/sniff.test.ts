import { expect, test } from "vitest";
import { sniff } from "./sniff.ts";

const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

test.each([
  ["\xff\xd8\xff\xe0", "image/jpeg"],
  ["\x89PNG\r\n\x1a\n", "image/png"],
  ["RIFF\x00\x00\x00\x00WEBP", "image/webp"],
  ["GIF89a", "image/gif"],
  ["\x00\x00\x00\x18ftypmp42", "video/mp4"],
  ["\x00\x00\x00\x18ftypmp42", "audio/mp4"],
  ["\x00\x00\x00\x18ftyp3gp4", "video/3gpp"],
  ["OggS\x00", "audio/ogg"],
  ["ID3\x04", "audio/mpeg"],
  ["\xff\xfb\x90", "audio/mpeg"],
  ["\xff\xf1\x50", "audio/aac"],
  ["#!AMR\n", "audio/amr"],
  ["%PDF-1.7", "application/pdf"],
  ["PK\x03\x04", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"],
  ["\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/msword"],
  ["Good day", "text/plain"],
])("%j may be called %s", (bytes, declared) => {
  expect(sniff(latin1(bytes), declared)).toEqual({ mime_type: declared, mismatch: false });
});

test("parameters and case of the declared type say nothing about the format", () => {
  expect(sniff(latin1("OggS"), "Audio/OGG; codecs=opus")).toEqual({ mime_type: "audio/ogg", mismatch: false });
});

test.each([
  ["a PDF called a picture", "%PDF-1.7", "image/jpeg", "application/pdf"],
  ["an archive called a picture", "PK\x03\x04", "image/png", "application/zip"],
  ["a page called a picture", "<html>", "image/png", "application/octet-stream"],
  ["a sound of RIFF called a sticker", "RIFF\x00\x00\x00\x00WAVE", "image/webp", "application/octet-stream"],
  ["a picture called a text", "GIF89a", "text/plain", "image/gif"],
  ["an empty file called a picture", "", "image/jpeg", "application/octet-stream"],
])("F23: %s is found out", (_, bytes, declared, mime_type) => {
  expect(sniff(latin1(bytes), declared)).toEqual({ mime_type, mismatch: true });
});

test("F23: a type without a signature is not passed on, so that a page is never served as one", () => {
  expect(sniff(latin1("<html>"), "text/html")).toEqual({ mime_type: "application/octet-stream", mismatch: false });
});

test.each([null, "", "application/octet-stream"])("bytes that are called %j are no lie", (declared) => {
  expect(sniff(latin1("GIF89a"), declared)).toEqual({ mime_type: "image/gif", mismatch: false });
});
