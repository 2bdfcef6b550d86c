import type { CallEvent } from "./calls.ts";

/** What an agent for one call is made of. */
export interface AgentRequest {
  call_id: string;
  org_id: string;
  carrier: "telnyx" | "twilio";
  system_prompt: string;
  /** Who speaks first, and with which words; null: the agent in its own words. */
  greeting: string | null;
  voice: string | null;
  max_seconds: number;
  record: boolean;
  /** Where the agent's news of this call go; undefined: nowhere, and it is asked afterwards. */
  webhook_url?: string | undefined;
  tools: AgentTool[];
}

export interface AgentTool {
  name: string;
  description: string;
  url: string;
  parameters: { name: string; description: string; required: boolean }[];
}

export type AgentOutcome = { ok: true; agent_call_id: string; join_url: string } | { ok: false; reason: string };

/** One line of a call. */
export interface Spoken {
  /** Place in the call; what makes a repetition known. */
  n: number;
  role: "user" | "agent";
  text: string;
  after_seconds?: number;
}

/** A provider of voice agents. Never throws. */
export interface VoiceAgents {
  create(request: AgentRequest): Promise<AgentOutcome>;
  /** What the provider knows of a call now, as events; null when it does not tell. */
  look_up(agent_call_id: string): Promise<CallEvent[] | null>;
  /** What was said; null when it does not tell. */
  transcript(agent_call_id: string): Promise<Spoken[] | null>;
  /** A link to the recording that works for a while; null when there is none. */
  recording(agent_call_id: string): Promise<string | null>;
}
