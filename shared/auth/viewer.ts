import type { Exec } from "../db/exec.ts";
import type { Viewer } from "../feed/feed.ts";
import type { Principal } from "./principal.ts";

/** A caller with claims that stay: what row-level security is asked with, time after time. */
export interface StandingViewer extends Viewer {
  /** Unix seconds; null for one that does not end by itself. */
  expires_at: number | null;
  /** Of an API key: it ends when that is revoked. */
  api_key_id: string | null;
}

/** @throws DatabaseError SB401 or SB403 for an API key that nobody has, or that may not read */
export async function viewerOf(principal: Principal, exec: Exec): Promise<StandingViewer> {
  switch (principal.kind) {
    case "anon":
      return { role: "anon", claims: {}, expires_at: null, api_key_id: null };
    case "service":
      return {
        role: "service_role",
        claims: { ...principal.claims, role: "service_role" },
        expires_at: null,
        api_key_id: null,
      };
    case "user":
      return { role: "authenticated", claims: principal.claims, expires_at: principal.expires_at, api_key_id: null };
    case "api_key": {
      const text = "select switchboard.authenticate_key_v1($1, 'read') as claims";
      const [rows] = await exec({ role: "switchboard_worker" }, [{ text, params: [principal.key_hash] }]);
      const claims = rows?.[0]?.["claims"] as Record<string, unknown>;
      return { role: "authenticated", claims, expires_at: null, api_key_id: String(claims["api_key_id"]) };
    }
  }
}
