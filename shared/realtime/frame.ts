/** A message of the Phoenix protocol, as realtime-js speaks it. */
export interface Message {
  join_ref: string | null;
  ref: string | null;
  topic: string;
  event: string;
  payload: unknown;
}

/** `2.0.0`: text frames are arrays, broadcasts may be binary. `1.0.0`: text frames are objects. */
export type Version = "1.0.0" | "2.0.0";

const BROADCAST_FROM_CLIENT = 3;
const BROADCAST_TO_CLIENT = 4;
const JSON_ENCODED = 1;

export function encode({ join_ref, ref, topic, event, payload }: Message, version: Version): string {
  return JSON.stringify(
    version === "2.0.0" ? [join_ref, ref, topic, event, payload] : { topic, event, payload, ref, join_ref },
  );
}

/** Reads a frame; null for one that is none. */
export function decode(frame: string | ArrayBuffer): Message | null {
  return typeof frame === "string" ? decodeText(frame) : decodeBinary(new Uint8Array(frame));
}

function decodeText(frame: string): Message | null {
  const given = parse(frame);
  const fields: Record<string, unknown> | null = Array.isArray(given)
    ? { join_ref: given[0], ref: given[1], topic: given[2], event: given[3], payload: given[4] }
    : typeof given === "object"
      ? (given as Record<string, unknown> | null)
      : null;
  if (!fields || typeof fields["topic"] !== "string" || typeof fields["event"] !== "string") return null;
  const { topic, event, payload = {} } = fields as { topic: string; event: string; payload?: unknown };
  return { join_ref: reference(fields["join_ref"]), ref: reference(fields["ref"]), topic, event, payload };
}

const reference = (value: unknown) => (typeof value === "string" || typeof value === "number" ? String(value) : null);

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** What a client broadcasts under version 2.0.0: five lengths and an encoding, the five texts, then the payload. */
function decodeBinary(bytes: Uint8Array): Message | null {
  const [kind, ...rest] = bytes;
  const lengths = rest.slice(0, 5);
  const encoding = rest[5];
  if (kind !== BROADCAST_FROM_CLIENT || lengths.length < 5 || encoding === undefined) return null;
  let at = 7;
  const [join_ref = "", ref = "", topic = "", event = ""] = lengths.map((length) => {
    const text = new TextDecoder().decode(bytes.subarray(at, at + length));
    at += length;
    return text;
  });
  const body = bytes.subarray(at);
  const payload = encoding === JSON_ENCODED ? parse(new TextDecoder().decode(body)) : body.slice();
  return {
    join_ref: join_ref || null,
    ref: ref || null,
    topic,
    event: "broadcast",
    payload: { type: "broadcast", event, payload },
  };
}

/** A broadcast of raw bytes, which only version 2.0.0 can carry. */
export function encodeBytes(topic: string, event: string, payload: Uint8Array): Uint8Array | null {
  const texts = [topic, event, ""].map((text) => new TextEncoder().encode(text));
  if (texts.some((text) => text.length > 255)) return null;
  const head = [BROADCAST_TO_CLIENT, ...texts.map((text) => text.length), 0];
  return Uint8Array.from([...head, ...texts.flatMap((text) => [...text]), ...payload]);
}
