/** Where Meta serves files from. One that begins with a dot stands for the hosts below it. */
export const MEDIA_HOSTS: readonly string[] = ["lookaside.fbsbx.com", "graph.facebook.com", ".fbcdn.net"];

/**
 * The address of a file when the token may be sent there, else null (F23): HTTPS on its usual port at one of `hosts`, or
 * the very origin that Graph is asked at. The host is compared as a URL parser reads it, never as text, and an address
 * with user info is refused whatever its host.
 */
export function mediaUrl(address: string, graph_url: string, hosts: readonly string[] = MEDIA_HOSTS): URL | null {
  if (!URL.canParse(address) || !URL.canParse(graph_url)) return null;
  const url = new URL(address);
  if (url.username !== "" || url.password !== "") return null;
  if (url.origin === new URL(graph_url).origin) return url;
  // the parser has already dropped 443, so any port left is an odd one
  if (url.protocol !== "https:" || url.port !== "") return null;
  return hosts.some((host) => (host.startsWith(".") ? url.hostname.endsWith(host) : url.hostname === host))
    ? url
    : null;
}
