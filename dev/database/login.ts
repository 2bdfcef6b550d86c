import { createHash, timingSafeEqual } from "node:crypto";
import { DatabaseError } from "pg";

/** Passwords by login role. */
export type Logins = Readonly<Record<string, string>>;

/** A refusal in the form in which Postgres itself would give it, so that clients see the usual fields. */
export function refusal(code: string, message: string): DatabaseError {
  const error = new DatabaseError(message, message.length, "error");
  error.code = code;
  error.severity = "FATAL";
  return error;
}

/**
 * Checks a login against the administrator's own connection string and the other known logins.
 * @throws DatabaseError 28P01 for an unknown user or a wrong password, 3D000 for another database.
 */
export function checkLogin(
  login: { user: string; password: string; database: string },
  adminUrl: string,
  logins: Logins,
): void {
  const admin = new URL(adminUrl);
  const known: Logins = { ...logins, [decodeURIComponent(admin.username)]: decodeURIComponent(admin.password) };
  const expected = Object.hasOwn(known, login.user) ? known[login.user] : undefined;
  if (expected === undefined || !sameText(expected, login.password)) {
    throw refusal("28P01", `password authentication failed for user "${login.user}"`);
  }
  if (login.database !== admin.pathname.slice(1)) {
    throw refusal("3D000", `database "${login.database}" does not exist`);
  }
}

/**
 * Checks the header `Neon-Connection-String` and returns its user.
 * @throws DatabaseError as `checkLogin`, and 08P01 for a header that is no connection string.
 */
export function checkConnectionString(header: string | string[] | undefined, adminUrl: string, logins: Logins): string {
  if (typeof header !== "string" || !URL.canParse(header)) {
    throw refusal("08P01", "the header Neon-Connection-String is missing or not a connection string");
  }
  const url = new URL(header);
  const user = decodeURIComponent(url.username);
  const login = { user, password: decodeURIComponent(url.password), database: url.pathname.slice(1) };
  checkLogin(login, adminUrl, logins);
  return user;
}

const digest = (text: string) => createHash("sha256").update(text).digest();
const sameText = (a: string, b: string) => timingSafeEqual(digest(a), digest(b));
