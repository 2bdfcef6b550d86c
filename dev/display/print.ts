import { styleText } from "node:util";
import type { Words } from "./words.ts";

export interface Printer {
  line(words: Words, at: number): void;
  /** A line that rewrites itself until the next one: `text` is asked several times a second. Plain output gets it once. */
  counting(text: () => string): void;
  text(text: string): void;
  stop(): void;
}

/** Where lines go; `isTTY` decides on colour and on lines that rewrite themselves. */
export interface Screen {
  isTTY?: boolean;
  write(text: string): unknown;
}

const STYLES = {
  customer: ["cyan"],
  reply: ["green"],
  ai: ["magenta"],
  draft: ["yellow"],
  detail: ["dim"],
  trouble: ["red"],
} as const;
const LABEL_WIDTH = 18;
const COUNT_EVERY_MS = 100;

export function createPrinter(screen: Screen): Printer {
  let timer: NodeJS.Timeout | undefined;
  // Plain text unless it is a terminal, and then only if neither NO_COLOR nor the like says otherwise.
  const paint = (style: Words["style"], text: string) =>
    screen.isTTY ? styleText([...STYLES[style]], text, { stream: process.stdout }) : text;
  const clear = () => {
    if (timer === undefined) return;
    clearInterval(timer);
    timer = undefined;
    screen.write("\r\u001b[2K");
  };

  return {
    line({ label, text, style }, at) {
      clear();
      const indent = " ".repeat(LABEL_WIDTH + 12);
      const body = text.replaceAll("\n", `\n${indent}`);
      screen.write(`${paint("detail", clock(at))}  ${paint(style, label.padEnd(LABEL_WIDTH))}${paint(style, body)}\n`);
    },
    counting(text) {
      clear();
      const line = () => `${" ".repeat(10)}${paint("ai", "AI".padEnd(LABEL_WIDTH))}${paint("detail", text())}`;
      if (!screen.isTTY) return void screen.write(`${line()}\n`);
      screen.write(line());
      timer = setInterval(() => screen.write(`\r\u001b[2K${line()}`), COUNT_EVERY_MS);
    },
    text(text) {
      clear();
      screen.write(`${text}\n`);
    },
    stop: clear,
  };
}

const clock = (at: number) => new Date(at).toTimeString().slice(0, 8);
