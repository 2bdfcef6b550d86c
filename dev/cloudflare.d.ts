/** Node's programs read types of workers/ that lead here; none of them runs it. */
declare module "cloudflare:workers" {
  export function waitUntil(work: Promise<unknown>): void;
}

declare class FixedLengthStream extends TransformStream<Uint8Array, Uint8Array> {
  constructor(length: number);
}
