export interface Windows {
  /** A customer wrote to a number at `seconds` (unix, of the message itself, not of its arrival). */
  wrote(phone_number_id: string, user_id: string, seconds: number): void;
  /** Whether free-form messages may be sent to that customer at `now` (unix milliseconds). */
  isOpen(phone_number_id: string, user_id: string, now: number): boolean;
}

const WINDOW_MS = 24 * 60 * 60 * 1000;

/**
 * Meta's own account of the customer service windows: 24 hours from the customer's last message. A pair of which nothing
 * was heard is open: somebody else may have signed and delivered that customer's message.
 */
export function createWindows(): Windows {
  const lastWrote = new Map<string, number>();
  return {
    wrote(phone_number_id, user_id, seconds) {
      const name = key(phone_number_id, user_id);
      lastWrote.set(name, Math.max(seconds * 1000, lastWrote.get(name) ?? 0));
    },
    isOpen(phone_number_id, user_id, now) {
      const last = lastWrote.get(key(phone_number_id, user_id));
      return last === undefined || now < last + WINDOW_MS;
    },
  };
}

function key(phone_number_id: string, user_id: string): string {
  return `${phone_number_id} ${user_id}`;
}
