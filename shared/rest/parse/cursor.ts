import { RestError } from "../error.ts";

/** A place in a text that is being read, with the complaint for what cannot be read there. */
export class Cursor {
  readonly text: string;
  /** What the text is, for the complaint: `select parameter`, `filter`, `order`, … */
  readonly what: string;
  /** The text as the client wrote it, where it is read with something before it. */
  readonly shown: string;
  at = 0;

  constructor(text: string, what: string, shown = text) {
    this.text = text;
    this.what = what;
    this.shown = shown;
  }

  get done(): boolean {
    return this.at >= this.text.length;
  }

  /** The character here; empty at the end. */
  get here(): string {
    return this.text[this.at] ?? "";
  }

  sees(token: string): boolean {
    return this.text.startsWith(token, this.at);
  }

  /** Passes the token if it is here. */
  takes(token: string): boolean {
    if (!this.sees(token)) return false;
    this.at += token.length;
    return true;
  }

  /** What a sticky expression matches here, passed; null, and nothing passed, where it does not. */
  match(expression: RegExp): RegExpExecArray | null {
    expression.lastIndex = this.at;
    const found = expression.exec(this.text);
    if (found) this.at += found[0].length;
    return found;
  }

  need(token: string): void {
    if (!this.takes(token)) this.fail(`"${token}"`);
  }

  needEnd(): void {
    if (!this.done) this.fail("end of input");
  }

  skipSpaces(): void {
    while (this.here === " " || this.here === "\t") this.at++;
  }

  /** The text between double quotes, `\` before a quote or a backslash. */
  quoted(): string {
    this.need('"');
    let read = "";
    for (;;) {
      const character = this.here;
      if (character === "") this.fail('"\\""');
      this.at++;
      if (character === '"') return read;
      if (character === "\\") {
        read += this.here;
        this.at++;
      } else read += character;
    }
  }

  /** @param quote clients know `"` for the beginning of a word and `'` for a letter too many */
  fail(expected: string, quote = '"'): never {
    const found = this.done ? "unexpected end of input" : `unexpected ${quote}${this.here}${quote}`;
    throw new RestError(
      400,
      "PGRST100",
      `"failed to parse ${this.what} (${this.shown})" (line 1, column ${this.at + 1})`,
      `${found} expecting ${expected}`,
    );
  }
}
