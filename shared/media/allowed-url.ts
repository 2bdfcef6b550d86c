/**
 * The address of a file when credentials may be sent there, else null (F23): HTTPS on its usual port at one of `hosts`, or
 * the very origin of the provider's API. A host that begins with a dot stands for those below it. The host is compared as
 * a URL parser reads it, never as text, and an address with user info is refused whatever its host.
 */
export function allowedUrl(address: string, api_url: string, hosts: readonly string[]): URL | null {
  if (!URL.canParse(address) || !URL.canParse(api_url)) return null;
  const url = new URL(address);
  if (url.username !== "" || url.password !== "") return null;
  if (url.origin === new URL(api_url).origin) return url;
  // the parser has already dropped 443, so any port left is an odd one
  if (url.protocol !== "https:" || url.port !== "") return null;
  return hosts.some((host) => (host.startsWith(".") ? url.hostname.endsWith(host) : url.hostname === host))
    ? url
    : null;
}
