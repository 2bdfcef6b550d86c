/** What was done to a conversation, and what the AI made of it, in the order in which each took effect. */
export type Entry =
  /** A customer's line is stored. */
  | { kind: "line"; line: number }
  | { kind: "act"; act: Act }
  /** A turn has read the conversation; the model was then shown these lines. */
  | { kind: "view"; view: number; lines: number[] }
  /** The turn has decided to send, and the switches were looked at. */
  | { kind: "decided"; view: number }
  /** The last look before a provider call; `view` is null for what a person wrote. */
  | { kind: "claimed"; attempt: string; view: number | null }
  | { kind: "called"; attempt: string; message: string; view: number | null; accepted: boolean };

/** What people do to a conversation, and `auto_send_*` to its number. */
export type Act =
  | "say"
  | "echo"
  | "assign"
  | "reopen"
  | "resolve"
  | "ai_off"
  | "ai_on"
  | "auto_send_off"
  | "auto_send_on";

/** Whether the AI may speak, as far as what happened says; nothing of this is read from the product. */
export interface Permission {
  holder: "ai" | "person" | "nobody";
  ai: boolean;
  auto_send: boolean;
}

/** The permission after the first `length` entries of a timeline. */
export function permissionAt(entries: Entry[], length: number): Permission {
  const now: Permission = { holder: "ai", ai: true, auto_send: true };
  for (const entry of entries.slice(0, length)) {
    if (entry.kind === "line" && now.holder === "nobody") now.holder = "ai";
    if (entry.kind === "act") apply(now, entry.act);
  }
  return now;
}

function apply(now: Permission, act: Act): void {
  switch (act) {
    case "say":
    case "echo":
      if (now.holder === "ai") now.holder = "person";
      return;
    case "assign":
      now.holder = "person";
      return;
    case "reopen":
      now.holder = "ai";
      return;
    case "resolve":
      now.holder = "nobody";
      return;
    case "ai_off":
    case "ai_on":
      now.ai = act === "ai_on";
      return;
    case "auto_send_off":
    case "auto_send_on":
      now.auto_send = act === "auto_send_on";
  }
}
