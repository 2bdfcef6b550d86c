import { expect, test } from "vitest";
import { serveHeaders } from "./serve-headers.ts";

const served = (change: object = {}, download?: string) =>
  serveHeaders({ mime_type: "image/png", sha256: "ab", filename: "cake.png", ...change }, download);

test("a picture is shown; what could run is saved", () => {
  expect(served()["content-disposition"]).toBe('inline; filename="cake.png"');
  for (const mime_type of ["text/html", "image/svg+xml", "application/octet-stream", "application/zip"]) {
    expect(served({ mime_type })["content-disposition"]).toMatch(/^attachment;/);
  }
  expect(served()).toMatchObject({
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    etag: '"ab"',
  });
});

test("it is saved when one asks for that, under its own name or another", () => {
  expect(served({}, "")["content-disposition"]).toBe('attachment; filename="cake.png"');
  expect(served({}, "a.png")["content-disposition"]).toBe('attachment; filename="a.png"');
});

test("a name cannot end its header", () => {
  expect(served({ filename: 'Kuchen "für"\r\nx: y' })["content-disposition"]).toBe(
    `inline; filename="Kuchen _f_r___x: y"; filename*=UTF-8''Kuchen%20%22f%C3%BCr%22%0D%0Ax%3A%20y`,
  );
});
