export type { Host } from "./control/create.ts";
export type { ScriptEntry } from "./gemini/script.ts";
export type { InboundInput, InboundResult } from "./meta/inbound.ts";
export type { BusinessNumber } from "./meta/numbers.ts";
export type { FaultInput } from "./server/fault-book.ts";
export type { RequestRecord } from "./server/request-log.ts";
export { startSimulators } from "./start.ts";
export type { SimulatorOptions, Simulators } from "./start.ts";
