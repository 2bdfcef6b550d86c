/** What a browser may show by itself; anything else is saved. None of these runs scripts. */
const SHOWN = /^(image\/(jpeg|png|gif|webp)|audio\/[\w.+-]+|video\/[\w.+-]+|application\/pdf|text\/plain)$/;

export interface ServedFile {
  mime_type: string;
  sha256: string;
  filename: string;
}

/**
 * The headers of a file that a stranger has made. It is never sniffed and never runs anything here, whatever it holds.
 * @param download the name to save it under; "" for its own, undefined to show it where that is safe
 */
export function serveHeaders({ mime_type, sha256, filename }: ServedFile, download?: string): Record<string, string> {
  const shown = download === undefined && SHOWN.test(mime_type);
  return {
    "content-type": mime_type === "text/plain" ? "text/plain; charset=utf-8" : mime_type,
    "content-disposition": disposition(shown ? "inline" : "attachment", download || filename),
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "cache-control": "private, max-age=300",
    "accept-ranges": "bytes",
    etag: `"${sha256}"`,
  };
}

/** RFC 6266: a plain name for old readers, and the true one in UTF-8 (RFC 8187). */
function disposition(kind: "inline" | "attachment", name: string): string {
  const plain = name.replaceAll(/[^\x20-\x7e]|["\\%]/g, "_");
  const encoded = encodeURIComponent(name.toWellFormed()).replaceAll(
    /['()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16)}`,
  );
  return `${kind}; filename="${plain}"${plain === name ? "" : `; filename*=UTF-8''${encoded}`}`;
}
