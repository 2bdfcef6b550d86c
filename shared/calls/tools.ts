import type { AgentTool } from "../channels/voice-agent.ts";

/** What a voice agent may ask of us during its call. */
export const TOOLS = {
  "look-up-contact": {
    description: "Shows what is known of the caller: name, notes, what was said lately and what is still open.",
    parameters: [],
  },
  "leave-note": {
    description: "Leaves a note for the people of the business, into the caller's conversation.",
    parameters: [{ name: "note", description: "What they should know.", required: true }],
  },
  "hand-over": {
    description: "Hands the call to a person. Use it when the caller asks for one or you cannot help.",
    parameters: [
      { name: "summary", description: "What the caller wants and what was said, in two sentences.", required: true },
    ],
  },
  "record-opt-out": {
    description: "Records that the caller does not want to be called any more.",
    parameters: [{ name: "said", description: "The caller's own words.", required: true }],
  },
} as const satisfies Record<string, Pick<AgentTool, "description" | "parameters"> & { parameters: readonly object[] }>;

export type ToolName = keyof typeof TOOLS;

export function isTool(name: string): name is ToolName {
  return Object.hasOwn(TOOLS, name);
}

/** The tools of one call: whoever has the token may use them, for that call only. */
export function toolsOfCall(origin: string, token: string): AgentTool[] {
  return Object.entries(TOOLS).map(([name, { description, parameters }]) => ({
    name,
    description,
    parameters: [...parameters],
    url: new URL(`/tools/ultravox/${token}/${name}`, origin).href,
  }));
}
