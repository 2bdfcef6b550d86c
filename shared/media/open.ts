/** What a provider's webhook said of a file. */
export interface RemoteFile {
  id: string | null;
  /** Where it is served, for providers that say so at once. */
  url: string | null;
}

export type OpenedMedia =
  | {
      state: "open";
      body: ReadableStream<Uint8Array>;
      /** By the provider, which has it from the sender; null when it named none. */
      declared_type: string | null;
      /** By the provider, in lower-case hex; null when it named none. */
      sha256: string | null;
    }
  | MediaFailure;

/** `retry`: whether asking again, from the beginning, may help. */
export type MediaFailure = { state: "failed"; reason: string; retry: boolean };

export const failed = (reason: string, retry: boolean): MediaFailure => ({ state: "failed", reason, retry });

/** What a call that never came back means. Never the error's own words: they may quote what was sent. */
export function lost(error: unknown): MediaFailure {
  const late = error instanceof Error && (error.name === "TimeoutError" || error.name === "AbortError");
  return failed(late ? "no answer in time" : "network error", true);
}

/** Whether an HTTP status may be another one the next time. */
export const passes = (status: number): boolean => status >= 500 || status === 408 || status === 429;

/** The file in an answer, not yet read. */
export async function fileIn(
  response: Response,
  declared: { declared_type: string | null; sha256: string | null },
): Promise<OpenedMedia> {
  const { status, body } = response;
  if (status === 200 && body !== null) return { state: "open", body, ...declared };
  await body?.cancel();
  if (status >= 300 && status < 400) return failed("file: redirected, not followed", false);
  // an address that has run out is a 404: the next look-up gives a fresh one
  return failed(`file: HTTP ${status}`, status === 404 || passes(status));
}
