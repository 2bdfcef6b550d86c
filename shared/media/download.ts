import { call } from "../db/call.ts";
import type { Exec } from "../db/exec.ts";
import type { SealedChannel } from "../sending/attempt.ts";
import { keep } from "./keep.ts";
import type { Kept, Sink } from "./keep.ts";
import { failed } from "./open.ts";
import type { MediaFailure, OpenedMedia, RemoteFile } from "./open.ts";
import { retryInMs } from "./retry.ts";

export interface DownloadTools {
  exec: Exec;
  random: () => number;
  open_media: (channel: SealedChannel, file: RemoteFile) => Promise<OpenedMedia>;
  /** Where the file of this path is kept. */
  sink: (path: string) => Sink;
}

interface Lease {
  id: string;
  lease_token: string;
  attempts: number;
  provider_media_id: string | null;
  source_url: string | null;
  path: string;
  /** Whether the customer has taken the message back. */
  revoked: boolean;
  channel: SealedChannel;
}

export interface Downloaded {
  /** `idle`: another has it, it is not due, or it is done. */
  state: "idle" | "stored" | "pending" | "failed";
  reason?: string;
}

/** The largest file that any provider takes from a customer: Meta's documents. */
const MAX_BYTES = 100 * 1024 * 1024;
/** A file is read within two minutes, and then something has to be left for writing it down. */
const LEASE_SECONDS = 180;

/**
 * Fetches one file and keeps it, or writes down why not and when again (F22). The lease is one statement, so that a queue
 * may carry the same id twice.
 * @throws when Postgres or the store is away: nothing is lost, the lease runs out
 */
export async function download(id: string, tools: DownloadTools): Promise<Downloaded> {
  const lease = await call<Lease | null>(tools.exec, "media_lease_v1", { id, lease_seconds: LEASE_SECONDS });
  if (lease === null) return { state: "idle" };
  const outcome = outcomeOf(lease, await fetchFile(lease, tools), tools.random());
  await call(tools.exec, "media_record_v1", { id, lease_token: lease.lease_token, ...outcome });
  return "reason" in outcome ? { state: outcome.state, reason: outcome.reason } : { state: outcome.state };
}

async function fetchFile(lease: Lease, { open_media, sink }: DownloadTools): Promise<Kept | MediaFailure> {
  if (lease.revoked) return failed("The customer took the message back.", false);
  const opened = await open_media(lease.channel, { id: lease.provider_media_id, url: lease.source_url });
  return keep(opened, () => sink(lease.path), MAX_BYTES);
}

function outcomeOf({ attempts, path }: Lease, fetched: Kept | MediaFailure, random: number) {
  if (fetched.state === "kept") {
    const { mime_type, size_bytes, sha256 } = fetched;
    return { state: "stored" as const, path, mime_type, size_bytes, sha256 };
  }
  const { reason, retry } = fetched;
  const retry_in_ms = retry ? retryInMs(attempts, random) : null;
  if (retry_in_ms === null) return { state: "failed" as const, reason };
  return { state: "pending" as const, reason, retry_in_ms };
}
