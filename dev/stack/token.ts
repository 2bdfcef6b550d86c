import { createHmac } from "node:crypto";

const TEN_YEARS_SECONDS = 10 * 365 * 24 * 60 * 60;

/**
 * A JSON Web Token for a role, signed with HS256 (RFC 7515, RFC 7519): the form of key that supabase-js is given.
 * @param issued_at unix seconds
 */
export function roleToken(role: "anon" | "service_role", secret: string, issued_at: number): string {
  const header = encode({ alg: "HS256", typ: "JWT" });
  const claims = encode({ iss: "switchboard", role, iat: issued_at, exp: issued_at + TEN_YEARS_SECONDS });
  const signature = createHmac("sha256", secret).update(`${header}.${claims}`).digest("base64url");
  return `${header}.${claims}.${signature}`;
}

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
