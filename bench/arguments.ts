import { parseArgs } from "node:util";

export interface BenchArguments {
  name: string;
  /** Print one JSON object as the last line. */
  json: boolean;
  /** Length of one measured round. */
  seconds: number;
  /** How often each thing is measured; the medians count. */
  rounds: number;
  /** How many people a campaign goes to. */
  recipients: number;
}

const MAX_SECONDS = 120;
const MAX_ROUNDS = 20;
const MAX_RECIPIENTS = 1_000_000;

/**
 * Reads `<name> [--json] [--seconds N] [--rounds N] [--recipients N]`.
 * @throws one line that says what is wrong.
 */
export function parseArguments(args: string[]): BenchArguments {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      seconds: { type: "string", default: "5" },
      rounds: { type: "string", default: "3" },
      recipients: { type: "string", default: "100000" },
    },
  });
  const [name = "", ...rest] = positionals;
  if (rest.length > 0) throw new Error(`one benchmark at a time: ${positionals.join(", ")}`);
  return {
    name,
    json: values.json,
    seconds: between("--seconds", values.seconds, 0.2, MAX_SECONDS),
    recipients: Math.floor(between("--recipients", values.recipients, 1, MAX_RECIPIENTS)),
    rounds: Math.floor(between("--rounds", values.rounds, 1, MAX_ROUNDS)),
  };
}

function between(flag: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= least && value <= most)) {
    throw new Error(`${flag} must be a number from ${least} to ${most}, not "${text}"`);
  }
  return value;
}
