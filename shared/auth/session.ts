import { sha256Hex } from "../crypto/digest.ts";
import { newSecret } from "../crypto/secret.ts";
import { call } from "../db/call.ts";
import type { FunctionName } from "../db/call.ts";
import type { Exec } from "../db/exec.ts";
import { accepted } from "./auth-error.ts";
import type { Signer } from "./signer.ts";

export const ACCESS_TOKEN_SECONDS = 3_600;

/** A user as the sign-in API shows it. */
export interface User {
  id: string;
  aud: string;
  role: string;
  email: string;
  app_metadata: Record<string, unknown>;
  user_metadata: Record<string, unknown>;
  [property: string]: unknown;
}

export interface Session {
  access_token: string;
  token_type: "bearer";
  expires_in: number;
  /** Unix seconds. */
  expires_at: number;
  refresh_token: string;
  user: User;
}

export interface SessionTools {
  exec: Exec;
  signer: Signer;
  /** Unix milliseconds. */
  now: () => number;
  /** Where tokens come from: the address of the sign-in API. */
  issuer: string;
}

type Act = Extract<FunctionName, "auth_sign_up_v1" | "auth_sign_in_v1">;

/** Opens a session by signing up or in. Of the refresh token only a digest is stored. */
export async function openSession(act: Act, given: object, tools: SessionTools): Promise<Session> {
  const refresh_token = newSecret();
  const refresh_hash = await sha256Hex(refresh_token);
  return issue(await call<Opened>(tools.exec, act, { ...given, refresh_hash }), refresh_token, tools);
}

/** Goes on with a session: the old refresh token gives way to a new one. */
export async function refreshSession(refresh_token: string, tools: SessionTools): Promise<Session> {
  const next = newSecret();
  const [refresh_hash, next_hash] = await Promise.all([sha256Hex(refresh_token), sha256Hex(next)]);
  return issue(await call<Opened>(tools.exec, "auth_refresh_v1", { refresh_hash, next_hash }), next, tools);
}

interface Opened {
  session_id: string;
  user: User;
}

async function issue(opened: Opened, refresh_token: string, { signer, now, issuer }: SessionTools): Promise<Session> {
  const { session_id, user } = accepted(opened);
  const issued_at = Math.floor(now() / 1000);
  const claims = {
    iss: issuer,
    sub: user.id,
    aud: user.aud,
    role: user.role,
    email: user.email,
    phone: "",
    app_metadata: user.app_metadata,
    user_metadata: user.user_metadata,
    session_id,
    aal: "aal1",
    amr: [{ method: "password", timestamp: issued_at }],
    is_anonymous: false,
  };
  return {
    access_token: await signer.sign(claims, issued_at, ACCESS_TOKEN_SECONDS),
    token_type: "bearer",
    expires_in: ACCESS_TOKEN_SECONDS,
    expires_at: issued_at + ACCESS_TOKEN_SECONDS,
    refresh_token,
    user,
  };
}
