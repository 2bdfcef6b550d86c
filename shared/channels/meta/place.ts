import type { z } from "zod";
import type { AccountEvent, MalformedEvent, ProviderEvent } from "../events.ts";
import { type People, peopleOf } from "./contact.ts";
import { metadata } from "./payload.ts";

/** An event as the readers make it; account events get their digest last, because digests are asynchronous. */
export type ReadEvent = Exclude<ProviderEvent, AccountEvent> | Omit<AccountEvent, "dedupe">;

/** Where an item was found. */
export interface Place {
  /** WABA id. */
  entry: string;
  /** `entry[].time`, unix seconds; only account fields have one. */
  time: number | null;
  /** `phone_number_id` of the number concerned. */
  account: string | null;
  /** Our number as digits, to tell our own messages in history. */
  own: string | undefined;
  people: People;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A list, or the single object that sometimes stands in its place; empty when absent; null when it is neither. */
export function listOf(value: unknown): unknown[] | null {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  return isRecord(value) ? [value] : null;
}

/** The place within one change's value: which number, and who is named there. */
export function placeOf(value: Record<string, unknown>, entry: string, time: number | null): Place {
  const number = metadata.safeParse(value["metadata"]).data;
  return {
    entry,
    time,
    account: number?.phone_number_id ?? null,
    own: number?.display_phone_number?.replaceAll(/\D/g, ""),
    people: peopleOf(listOf(value["contacts"]) ?? []),
  };
}

export function malformed(raw: unknown, reason: string, account: string | null = null): MalformedEvent {
  return { kind: "malformed", account, raw: raw ?? null, reason };
}

/** Why zod refused an item, by path, without the values. */
export function reasonOf(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join(".") || "item"}: ${issue.message}`).join("; ");
}

export function accountEvent(place: Place, field: string, raw: unknown): ReadEvent {
  return { kind: "account", account: place.account, entry: place.entry, field, at: place.time, raw: raw ?? null };
}

/** Reads every item on its own: one that cannot be read, or whose reader throws, leaves its neighbours alone (F3). */
export function readEach(
  items: unknown,
  place: Place,
  read: (item: Record<string, unknown>, place: Place) => ReadEvent,
): ReadEvent[] {
  const list = listOf(items);
  if (list === null) return [malformed(items, "not a list", place.account)];
  return list.map((item) => {
    if (!isRecord(item)) return malformed(item, "not an object", place.account);
    if (place.account === null) return malformed(item, "metadata.phone_number_id is missing");
    try {
      return read(item, place);
    } catch (error) {
      return malformed(item, `unreadable: ${error instanceof Error ? error.name : "error"}`, place.account);
    }
  });
}
