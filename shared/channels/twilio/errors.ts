import type { ErrorClass } from "../channel.ts";

export interface ErrorInfo {
  class: ErrorClass;
  title: string;
}

type Row = [code: number, errorClass: ErrorClass, title: string];

/** Twilio's error codes as sends and status callbacks report them (Twilio, "Error and warning dictionary"). */
const ROWS: readonly Row[] = [
  [20003, "auth", "Authentication failed"],
  [20005, "stop_channel", "Account is suspended"],
  [20006, "auth", "Access denied"],
  [20008, "auth", "Test credentials cannot do this"],
  [20404, "never", "No such resource"],
  [20429, "retry", "Too many requests"],
  [14107, "never", "Loop of automatic answers stopped"],
  [21211, "never", "Recipient's number is not valid"],
  [21212, "stop_channel", "Sending number is not valid"],
  [21214, "never", "Recipient cannot be reached"],
  [21217, "never", "Recipient's number is not valid"],
  [21408, "never", "Country not enabled for this account"],
  [21602, "never", "Message is empty"],
  [21606, "stop_channel", "Number cannot send messages"],
  [21608, "never", "Trial account: recipient not verified"],
  [21610, "never", "Person has sent STOP"],
  [21611, "retry", "Sending queue is full"],
  [21612, "never", "No route from this number to the recipient"],
  [21614, "never", "Recipient is not a mobile number"],
  [21617, "never", "Message is longer than 1600 characters"],
  [21619, "never", "Message has neither text nor media"],
  [21620, "never", "Media address is not valid"],
  [21623, "never", "Too many files"],
  [21659, "stop_channel", "Sending number is not this account's"],
  [21660, "stop_channel", "Sending number belongs to another account"],
  [30001, "retry", "Queue overflow"],
  [30002, "stop_channel", "Account is suspended"],
  [30003, "retry", "Handset cannot be reached now"],
  [30004, "never", "Message blocked by the recipient"],
  [30005, "never", "Unknown handset"],
  [30006, "never", "Landline, or carrier cannot be reached"],
  [30007, "never", "Filtered by the carrier"],
  [30008, "retry", "Unknown error"],
  [30010, "never", "Price exceeds the limit set"],
  [30011, "never", "MMS not possible to this recipient"],
  [30022, "retry", "Too fast for the carrier"],
  [30023, "stop_channel", "Daily limit of the carrier reached"],
  [30032, "stop_channel", "Toll-free number is not verified"],
  [30034, "stop_channel", "Number is not registered for this traffic"],
  [30410, "retry", "No answer from the carrier"],
];

export const ERRORS: ReadonlyMap<number, ErrorInfo> = new Map(
  ROWS.map(([code, errorClass, title]) => [code, { class: errorClass, title }]),
);

/**
 * How a Twilio error is treated (F86). Of an unknown code the HTTP status decides: 401 means the credentials, 429 later,
 * anything else never.
 *
 * @param http_status 0 for an error that came in a status callback
 */
export function classify(code: number, http_status = 0): ErrorInfo {
  return ERRORS.get(code) ?? { class: byStatus(http_status), title: "Unknown error" };
}

function byStatus(http_status: number): ErrorClass {
  if (http_status === 401) return "auth";
  return http_status === 429 ? "retry" : "never";
}
