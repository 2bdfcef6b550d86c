import { secretsEqual } from "../../crypto/timing-safe-equal.ts";

/** Meta's challenge is a number; letters are allowed for, markup is not, because the answer repeats it. */
const CHALLENGE = /^[\w-]{1,256}$/;

/**
 * Answers the subscription request that Meta makes when a callback is saved (Meta, "Create a webhook endpoint"):
 * the challenge to send back as the bare body of a 200, or null to refuse. An empty token of ours refuses everything.
 */
export async function handshake(query: URLSearchParams, verify_token: string): Promise<string | null> {
  const matches = await secretsEqual(query.get("hub.verify_token") ?? "", verify_token);
  if (!matches || verify_token === "" || query.get("hub.mode") !== "subscribe") return null;
  const challenge = query.get("hub.challenge") ?? "";
  return CHALLENGE.test(challenge) ? challenge : null;
}
