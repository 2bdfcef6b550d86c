/**
 * The few messages of Postgres' wire protocol that a front reads or writes itself
 * (https://www.postgresql.org/docs/18/protocol-message-formats.html).
 */

const SSL_REQUEST = 80877103;
const GSS_REQUEST = 80877104;
const CANCEL_REQUEST = 80877102;

/** What opens a connection; it has no type byte. */
export type FirstMessage =
  | { kind: "encryption" }
  | { kind: "cancel" }
  | { kind: "startup"; parameters: Record<string, string>; bytes: Buffer };

export interface Message {
  type: string;
  /** The whole message, type and length included. */
  bytes: Buffer;
}

/** Takes the first message of a connection, or nothing when `buffer` does not hold all of it yet. */
export function takeFirstMessage(buffer: Buffer): { message: FirstMessage; rest: Buffer } | undefined {
  if (buffer.length < 8) return undefined;
  const length = buffer.readUInt32BE(0);
  if (buffer.length < length) return undefined;
  const rest = buffer.subarray(length);
  const code = buffer.readUInt32BE(4);
  if (code === SSL_REQUEST || code === GSS_REQUEST) return { message: { kind: "encryption" }, rest };
  if (code === CANCEL_REQUEST) return { message: { kind: "cancel" }, rest };
  const bytes = buffer.subarray(0, length);
  return { message: { kind: "startup", parameters: parametersOf(bytes), bytes }, rest };
}

function parametersOf(startup: Buffer): Record<string, string> {
  const words = startup.toString("utf8", 8).split("\0");
  const parameters: Record<string, string> = {};
  for (let i = 0; words[i]; i += 2) parameters[words[i] ?? ""] = words[i + 1] ?? "";
  return parameters;
}

/** Takes one typed message (type byte, length, body), or nothing when `buffer` does not hold all of it yet. */
export function takeMessage(buffer: Buffer): { message: Message; rest: Buffer } | undefined {
  if (buffer.length < 5) return undefined;
  const end = 1 + buffer.readUInt32BE(1);
  if (buffer.length < end) return undefined;
  const bytes = buffer.subarray(0, end);
  return { message: { type: bytes.toString("latin1", 0, 1), bytes }, rest: buffer.subarray(end) };
}

/** A typed message. */
export function encode(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 0, "latin1");
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** AuthenticationCleartextPassword: asks the client for its password. */
export const askForPassword = (): Buffer => encode("R", Buffer.from([0, 0, 0, 3]));

export const simpleQuery = (sql: string): Buffer => encode("Q", Buffer.from(`${sql}\0`));

/** CopyInResponse in text format: the client may send its rows. */
export const copyInResponse = (): Buffer => encode("G", Buffer.from([0, 0, 0]));

/** An error after which the connection ends. `code` is the SQLSTATE. */
export const fatalError = (code: string, message: string): Buffer =>
  encode("E", Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`));

/** The text of a PasswordMessage. */
export const passwordOf = ({ bytes }: Message): string => bytes.toString("utf8", 5, bytes.length - 1);

/** The status that ends an answer: idle, in a transaction, or in a failed one; undefined when no "ready" ends it. */
export function transactionStatus(answer: Buffer): "I" | "T" | "E" | undefined {
  const ready = answer.subarray(-6);
  if (ready.length < 6 || !ready.subarray(0, 5).equals(Buffer.from([0x5a, 0, 0, 0, 5]))) return undefined;
  const status = String.fromCharCode(ready[5] ?? 0);
  return status === "I" || status === "T" || status === "E" ? status : undefined;
}
