/** Node's programs read types of workers/ that lead here; none of them runs it. */
declare module "cloudflare:workers" {
  export function waitUntil(work: Promise<unknown>): void;
}
