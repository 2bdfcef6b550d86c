import type { Line } from "./narrate.ts";
import type { Turn } from "./change.ts";

/** How a line looks: a label for the left column, the text, and a style by name. */
export interface Words {
  label: string;
  text: string;
  style: "customer" | "reply" | "ai" | "draft" | "detail" | "trouble";
}

export interface WordsOptions {
  shop: string;
  /** The shell command that approves a draft. */
  approve: (message_id: string, version: number) => string;
}

const DECISIONS: Record<string, string> = {
  send: "sends it",
  draft: "leaves a draft for a person",
  none: "sees no need to answer",
  handoff: "calls a person",
};

/** Puts a line into words. `waiting` is left to the caller, who counts down. */
export function inWords(line: Exclude<Line, { kind: "waiting" }>, { shop, approve }: WordsOptions): Words[] {
  switch (line.kind) {
    case "customer":
      return [{ label: line.who, text: line.text, style: "customer" }];
    case "decision":
      return [{ label: "AI", text: decision(line.turn), style: "ai" }];
    case "spoken":
      return [
        line.who === null
          ? { label: shop, text: `☎ ${line.text}`, style: "reply" }
          : { label: line.who, text: `☎ ${line.text}`, style: "customer" },
      ];
    case "call":
      return [{ label: "telephone", text: line.text, style: "detail" }];
    case "reply":
      return [{ label: line.by === "phone" ? `${shop} (phone)` : shop, text: line.text, style: "reply" }];
    case "draft":
      return [
        { label: "draft", text: line.text, style: "draft" },
        { label: "", text: `approve it:  ${approve(line.message_id, line.version)}`, style: "detail" },
      ];
    case "delivery": {
      const went = line.status === "failed" || line.status === "unknown" ? "trouble" : "detail";
      return [
        { label: line.over ?? "WhatsApp", text: [line.status, line.reason].filter(Boolean).join(": "), style: went },
      ];
    }
    case "status":
      return [{ label: "", text: state(line), style: "detail" }];
    case "silent":
      return [{ label: "AI", text: `does not answer here: ${plain(line.reason)}`, style: "trouble" }];
  }
}

function decision({ decision: made, reason, confidence, threshold, served_model, latency_ms }: Turn): string {
  const sure = confidence === null ? "" : `${confidence} of 100 sure`;
  const needed = threshold === null ? "" : ` (${threshold} needed)`;
  const act = DECISIONS[made ?? ""] ?? String(made);
  const why = reason === null || made === "send" ? "" : `, because: ${plain(reason)}`;
  const by = served_model === null ? "" : `  [${served_model}, ${latency_ms ?? "?"} ms]`;
  return `${sure}${needed}${sure ? ", " : ""}${act}${why}${by}`;
}

function state({ who, status, reason }: Extract<Line, { kind: "status" }>): string {
  if (status === "assigned") return `${who}'s conversation is with a person now${reason ? `: ${plain(reason)}` : ""}`;
  if (status === "resolved") return `${who}'s conversation is resolved`;
  return `${who}'s conversation is with the AI again`;
}

/** The program's word for a reason, as words. */
const plain = (reason: string) => reason.replaceAll("_", " ");
