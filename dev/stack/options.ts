import { parseArgs } from "node:util";

export interface StartOptions {
  /** The Worker's port; 0 for a free one, kept for the next start on the same folder. */
  port: number;
  /** Folder of everything that outlives a start. */
  data: string;
  quiet: boolean;
  demo: boolean;
  migrate: boolean;
}

const USAGE = "npm start -- [--port N] [--data DIR] [--quiet] [--no-demo] [--no-migrate]";

/**
 * Reads the flags of `npm start`.
 * @throws one line that names what is wrong and lists the flags.
 */
export function parseOptions(args: string[]): StartOptions {
  const { values } = read(args);
  const { port = "8787", data = ".data" } = values;
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw wrong(`--port ${port} is not a port number`);
  if (data === "") throw wrong("--data needs a folder");
  return {
    port: Number(port),
    data,
    quiet: values.quiet ?? false,
    demo: values["no-demo"] !== true,
    migrate: values["no-migrate"] !== true,
  };
}

function read(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        port: { type: "string" },
        data: { type: "string" },
        quiet: { type: "boolean" },
        "no-demo": { type: "boolean" },
        "no-migrate": { type: "boolean" },
      },
    });
  } catch (error) {
    // Node explains further how to pass a value that begins with a dash; the first sentence says what is wrong.
    throw wrong(error instanceof Error ? (error.message.split(". ")[0] ?? "") : String(error));
  }
}

const wrong = (what: string) => new Error(`${what.split("\n")[0]}. Usage: ${USAGE}`);
