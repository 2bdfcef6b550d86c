export { createUltravoxAgents, webhookSecret } from "./agents.ts";
export { normalise } from "./normalise.ts";
export { verify } from "./verify.ts";
