import { ANSWERING } from "./answering.ts";
import { CONSENTING } from "./consenting.ts";
import type { Mutant } from "./mutant.ts";
import { RECEIVING } from "./receiving.ts";

/** One at least for each law. */
export const MUTANTS: Mutant[] = [...RECEIVING, ...ANSWERING, ...CONSENTING];
