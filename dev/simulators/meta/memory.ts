import { openJournal } from "../server/journal.ts";
import type { StatusStep } from "./status-plan.ts";
import type { SentMessage } from "./statuses.ts";

/** A customer wrote to a number. */
interface Wrote {
  kind: "wrote";
  phone_number_id: string;
  from: string;
  name: string;
  /** Unix seconds. */
  at: number;
}

/** A message was accepted and these statuses are owed. */
export interface Owed {
  kind: "sent";
  message: SentMessage;
  plan: StatusStep[];
}

interface Reported {
  kind: "reported";
  id: string;
  status: StatusStep["status"];
}

type Entry = Wrote | Owed | Reported;

/**
 * What Meta would still know after our machine was switched off: who wrote when, and which statuses it has not yet
 * delivered.
 */
export interface Memory {
  wrote: Wrote[];
  owed: Owed[];
  append(entry: Entry): void;
  close(): void;
}

/** Opens the memory in `file`; without one it begins empty and nothing is kept. */
export function openMemory(file: string | undefined): Memory {
  const journal = openJournal(file, (entries) => compact(entries as Entry[]));
  const entries = journal.entries as Entry[];
  return {
    wrote: entries.filter((entry) => entry.kind === "wrote"),
    owed: entries.filter((entry) => entry.kind === "sent"),
    append: (entry) => journal.append(withoutToken(entry)),
    close: journal.close,
  };
}

/** The newest line of each customer to each number, and the messages that still owe a status, without those paid. */
function compact(entries: Entry[]): Entry[] {
  const wrote = new Map<string, Wrote>();
  const owed = new Map<string, Owed>();
  for (const entry of entries) {
    if (entry.kind === "wrote") wrote.set(`${entry.phone_number_id} ${entry.from}`, entry);
    else if (entry.kind === "sent") owed.set(entry.message.id, entry);
    else {
      const debt = owed.get(entry.id);
      if (!debt) continue;
      debt.plan = debt.plan.filter((step) => step.status !== entry.status);
      if (debt.plan.length === 0) owed.delete(entry.id);
    }
  }
  return [...wrote.values(), ...owed.values()];
}

function withoutToken(entry: Entry): Entry {
  if (entry.kind !== "sent") return entry;
  const { message } = entry;
  return { ...entry, message: { ...message, number: { ...message.number, access_token: "" } } };
}
