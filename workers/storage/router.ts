import { Hono } from "hono";
import type { Context } from "hono";
import * as z from "zod";
import { actingAs, sessionOf } from "../../shared/auth/principal.ts";
import type { Scope } from "../../shared/auth/principal.ts";
import { call, callAs } from "../../shared/db/call.ts";
import type { Session } from "../../shared/db/exec.ts";
import { STATUS, ServiceError, asServiceError } from "../../shared/errors.ts";
import type { ErrorCode } from "../../shared/errors.ts";
import { readBody } from "../../shared/http/read-body.ts";
import { describeError } from "../../shared/log.ts";
import { keep } from "../../shared/media/keep.ts";
import { findFiles, listFiles } from "../../shared/storage/find.ts";
import type { StoredFile } from "../../shared/storage/find.ts";
import { uploadPath } from "../../shared/storage/path.ts";
import { callerOf } from "../auth/caller.ts";
import type { App } from "../http.ts";
import { r2Sink } from "../media/r2-sink.ts";
import { fileOf } from "./receive-file.ts";
import { serve } from "./serve.ts";

/** The one bucket. */
const BUCKET = { id: "media", name: "media", public: false, file_size_limit: null, allowed_mime_types: null };
const MAX_FILE_BYTES = 100 * 1024 * 1024;
const MAX_INPUT_BYTES = 256 * 1024;
const MAX_SECONDS = 7 * 24 * 3600;
const MAX_PATHS = 500;

const seconds = z.coerce.number().int().min(1).max(MAX_SECONDS);
const signOne = z.object({ expiresIn: seconds });
const signMany = z.object({ expiresIn: seconds, paths: z.array(z.string()).max(MAX_PATHS) });
const listing = z.object({
  prefix: z.string().default(""),
  limit: z.number().int().min(1).max(1000).default(100),
  offset: z.number().int().min(0).max(1_000_000).default(0),
  search: z.string().default(""),
  sortBy: z
    .object({
      column: z.enum(["name", "created_at", "updated_at"]).catch("name"),
      order: z.enum(["asc", "desc"]).catch("asc"),
    })
    .default({ column: "name", order: "asc" }),
});

/**
 * `/storage/v1`: the files of messages, for `supabase.storage.from("media")`. Who may see a row of `media_files` may have
 * its file; an address that was signed for somebody opens that one file to whoever has it, until its time is over.
 */
export const storage = new Hono<App>()
  .onError(refuse)
  .get("/bucket", async (c) => {
    await sessionFor(c, "read");
    return c.json([BUCKET]);
  })
  .get("/bucket/media", async (c) => {
    await sessionFor(c, "read");
    return c.json(BUCKET);
  })
  .post("/object/sign/media", async (c) => {
    const { paths, expiresIn } = await inputOf(c, signMany);
    const found = await findFiles(c.get("tools").exec, await sessionFor(c, "read"), paths);
    const signed = paths.map(async (path) =>
      found.has(path)
        ? { path, error: null, signedURL: await signedUrl(c, path, expiresIn) }
        : { path, error: NO_FILE, signedURL: null },
    );
    return c.json(await Promise.all(signed));
  })
  .post("/object/sign/media/:path{.+}", async (c) => {
    const { expiresIn } = await inputOf(c, signOne);
    const { path } = await fileAt(c, c.req.param("path"), await sessionFor(c, "read"));
    return c.json({ signedURL: await signedUrl(c, path, expiresIn) });
  })
  .get("/object/sign/media/:path{.+}", async (c) => {
    const { url_signer, now } = c.get("tools");
    const path = c.req.param("path");
    if (!(await url_signer.verify(c.req.query("token") ?? "", path, now()))) {
      throw new ServiceError("invalid_input", "This address is not ours, or its time is over.");
    }
    const file = await fileAt(c, path, { role: "switchboard_worker" });
    return serve(c.req.raw, c.env.MEDIA_BUCKET, file, c.req.query("download"));
  })
  .get("/object/info/media/:path{.+}", async (c) =>
    c.json(infoOf(await fileAt(c, c.req.param("path"), await sessionFor(c, "read")))),
  )
  .post("/object/list/media", async (c) => {
    const { sortBy, ...rest } = await inputOf(c, listing);
    const session = await sessionFor(c, "read");
    const entries = await listFiles(c.get("tools").exec, session, { ...rest, ...sortBy });
    return c.json(entries.map(({ name, file }) => entryOf(name, file)));
  })
  .on("GET", ["/object/media/:path{.+}", "/object/authenticated/media/:path{.+}"], async (c) => {
    const file = await fileAt(c, c.req.param("path") ?? "", await sessionFor(c, "read"));
    return serve(c.req.raw, c.env.MEDIA_BUCKET, file, c.req.query("download"));
  })
  .post("/object/media/:path{.+}", (c) => upload(c, c.req.param("path")))
  .put("/object/media/:path{.+}", () => {
    throw new ServiceError("conflict", "Files here never change. Upload the new one under another name.");
  })
  .all("/object/public/*", () => {
    throw new ServiceError("not_found", "Nothing here is public. Ask for a signed address.");
  })
  .notFound((c) =>
    refuse(new ServiceError("not_found", "There is no such bucket, or nothing like this to be done with it."), c),
  );

const NO_FILE = "There is no such file, or it is not for you to see.";

async function sessionFor(c: Context<App>, scope: Scope): Promise<Session> {
  const caller = await callerOf(c.req.raw.headers, c.get("tools"));
  if (caller.kind === "anon") throw new ServiceError("unauthorized", "Sign in, or give an API key.");
  return scope === "read" ? sessionOf(caller, scope) : actingAs(caller, scope);
}

async function fileAt(c: Context<App>, path: string, session: Session): Promise<StoredFile> {
  const file = (await findFiles(c.get("tools").exec, session, [path])).get(path);
  if (file === undefined) throw new ServiceError("not_found", NO_FILE);
  return file;
}

/** Relative to `/storage/v1`, as the client's library wants it, which also escapes it. */
async function signedUrl(c: Context<App>, path: string, expires_in: number): Promise<string> {
  const { url_signer, now } = c.get("tools");
  return `/object/sign/media/${path}?token=${await url_signer.sign(path, expires_in, now())}`;
}

/** The path is taken first, so that of two uploads to one path only one writes. */
async function upload(c: Context<App>, path: string): Promise<Response> {
  const { exec, log } = c.get("tools");
  const place = uploadPath(path);
  const session = await sessionFor(c, "write");
  const { id } = await callAs<{ id: string }>(exec, session, "storage_reserve_v1", place);
  try {
    const kept = await keep(await fileOf(c.req.raw), () => r2Sink(c.env.MEDIA_BUCKET, place.path), MAX_FILE_BYTES);
    if (kept.state === "failed") throw new ServiceError("invalid_input", `The file was not stored: ${kept.reason}.`);
    const { mime_type, size_bytes, sha256 } = kept;
    const { stored } = await call<{ stored: boolean }>(exec, "storage_settle_v1", {
      id,
      mime_type,
      size_bytes,
      sha256,
    });
    if (!stored) throw new ServiceError("conflict", "The upload took too long, and its path was given away.");
    return c.json({ Id: id, Key: `media/${place.path}` });
  } catch (error) {
    // otherwise the path is free again after ten minutes
    const dropping = call(exec, "storage_settle_v1", { id });
    await dropping.catch((cause) => log("warn", "storage.not_dropped", { media_id: id, error: describeError(cause) }));
    throw error;
  }
}

async function inputOf<T>(c: Context<App>, schema: z.ZodType<T>): Promise<T> {
  const bytes = await readBody(c.req.raw, MAX_INPUT_BYTES);
  if (bytes === null) throw new ServiceError("too_large", `The input may have ${MAX_INPUT_BYTES} bytes at most.`);
  let given: unknown;
  try {
    given = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new ServiceError("invalid_input", "The input is not JSON.");
  }
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new ServiceError(
    "invalid_input",
    parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "),
  );
}

const metadataOf = ({ mime_type, size_bytes, sha256 }: StoredFile) => ({
  mimetype: mime_type,
  size: size_bytes,
  contentLength: size_bytes,
  eTag: `"${sha256}"`,
  cacheControl: "max-age=300",
});

const entryOf = (name: string, file: StoredFile | null) => ({
  name,
  id: file?.id ?? null,
  created_at: file?.created_at ?? null,
  updated_at: file?.created_at ?? null,
  last_accessed_at: null,
  metadata: file && metadataOf(file),
});

const infoOf = (file: StoredFile) => ({
  id: file.id,
  name: file.path,
  bucket_id: BUCKET.id,
  size: file.size_bytes,
  content_type: file.mime_type,
  cache_control: "max-age=300",
  etag: `"${file.sha256}"`,
  metadata: metadataOf(file),
  created_at: file.created_at,
  last_modified: file.created_at,
});

/** The words that the client's library tells a missing file by. */
const CODES: Partial<Record<ErrorCode, string>> = {
  not_found: "NoSuchKey",
  conflict: "KeyAlreadyExists",
  unauthorized: "InvalidJWT",
  too_large: "EntityTooLarge",
};

/** A refusal as the client's library reads it (`statusCode`, `error`, `message`, `code`). */
function refuse(error: unknown, c: Context<App>): Response {
  const refusal = asServiceError(error);
  const status = STATUS[refusal.code];
  if (status >= 500) c.get("tools").log("error", "storage.failed", { path: c.req.path, error: describeError(error) });
  const { code, message } = refusal;
  return c.json({ statusCode: String(status), error: code, message, code: CODES[code] ?? code }, status);
}
