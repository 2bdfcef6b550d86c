import { RestError } from "../error.ts";
import type { Routine, Schema } from "./model.ts";
import { closest } from "./similar.ts";

/** How a function is called. */
export interface Call {
  schema: string;
  name: string;
  /** Names of the arguments given. */
  given: string[];
  /** What a POST brings, which a function with one unnamed argument takes whole; absent for a GET and for a table. */
  body_type?: "json" | "text" | "bytea" | "xml" | undefined;
}

/** The function that a call means, and whether it takes the body whole. */
export interface Called {
  routine: Routine;
  whole: boolean;
}

/**
 * Chooses among the functions of a name the one that takes just these arguments, those with defaults left out at will
 * (docs.postgrest.org, "Functions as RPC").
 * @throws RestError PGRST202 for none, PGRST203 for several
 */
export function findRoutine({ routines: all }: Schema, call: Call): Called {
  const routines = all.filter(isCallable);
  const named = routines.filter(({ schema, name }) => schema === call.schema && name === call.name);
  const fitting = named.filter((routine) => takes(routine, call));
  const found = fitting.length > 0 ? fitting : named.filter((routine) => takesWhole(routine, call.body_type));
  const [only, ...others] = found;
  if (!only) throw notFound(routines, named, call);
  if (others.length > 0) throw notUnique(found);
  return { routine: only, whole: isUnnamed(only) && call.body_type !== undefined };
}

/** The types that a whole body can have. */
const WHOLE_TYPES = new Set(["json", "jsonb", "text", "xml", "bytea"]);

/** An argument without a name can only be given as a whole body. */
function isCallable({ arguments: all }: Routine): boolean {
  const unnamed = all.filter(({ name }) => name === "");
  return unnamed.length === 0 || (unnamed.length === 1 && WHOLE_TYPES.has(all[0]?.type ?? ""));
}

const isUnnamed = ({ arguments: all }: Routine) => all.length === 1 && all[0]?.name === "";

/** A body that is no object gives no arguments: only a function that takes it whole can be meant. */
const isWholeOnly = (type: Call["body_type"]) => type !== undefined && type !== "json";

function takes({ arguments: all }: Routine, { given, body_type }: Call): boolean {
  if (all.length === 0) return given.length === 0 && !isWholeOnly(body_type);
  const names = new Set(all.map(({ name }) => name));
  return given.every((name) => names.has(name)) && all.every(({ name, optional }) => optional || given.includes(name));
}

function takesWhole({ arguments: all }: Routine, type: Call["body_type"]): boolean {
  const [only, ...more] = all;
  if (only?.name !== "" || more.length > 0) return false;
  return type === "json" ? only.type === "json" || only.type === "jsonb" : only.type === type;
}

function notFound(routines: Routine[], named: Routine[], call: Call): RestError {
  const { schema, name, given, body_type } = call;
  const list = given.toSorted().join(", ");
  const plural = given.length > 1 ? "s" : "";
  const args = given.length === 0 ? " without parameters" : `(${list})`;
  const searched = given.length === 0 ? " without parameters" : ` with parameter${plural} ${list}`;
  const whole = isWholeOnly(body_type);
  const form = whole
    ? ` with a single unnamed ${body_type} parameter`
    : searched + (body_type === "json" ? " or with a single unnamed json/jsonb parameter" : "");
  const like = whole ? undefined : hint(routines, named, call);
  return new RestError(
    404,
    "PGRST202",
    `Could not find the function ${schema}.${name}${whole ? "" : args} in the schema cache`,
    `Searched for the function ${schema}.${name}${form}, but no matches were found in the schema cache.`,
    like === undefined ? null : `Perhaps you meant to call the function ${schema}.${like}`,
  );
}

const bracketed = (names: string[]) => `(${names.toSorted().join(", ")})`;

/** A function of another name, or other arguments of one of this name. */
function hint(routines: Routine[], named: Routine[], { schema, name, given }: Call): string | undefined {
  if (named.length === 0) {
    const others = [...new Set(routines.filter((one) => one.schema === schema).map((one) => one.name))];
    return closest(name, others, (one) => one);
  }
  const signatures = named.map(({ arguments: all }) => bracketed(all.map((one) => one.name)));
  const like = closest(bracketed(given), signatures, (one) => one);
  return like === undefined ? undefined : name + like;
}

function notUnique(found: Routine[]): RestError {
  const signatures = found.map(({ schema, name, arguments: all }) => {
    return `${schema}.${name}(${all.map((one) => `${one.name} => ${one.type}`).join(", ")})`;
  });
  return new RestError(
    300,
    "PGRST203",
    `Could not choose the best candidate function between: ${signatures.join(", ")}`,
    null,
    "Try renaming the parameters or the function itself in the database so function overloading can be resolved",
  );
}
