import { RestError } from "../error.ts";
import type { Routine, Schema } from "./model.ts";
import { closest } from "./similar.ts";

/** How a function is called. */
export interface Call {
  schema: string;
  name: string;
  /** Names of the arguments given. */
  given: string[];
  /** The type of the body, which a function with one unnamed argument takes whole; absent for a GET. */
  body_type?: "json" | "text" | "bytea" | "xml";
}

/** The function that a call means, and whether it takes the body whole. */
export interface Called {
  routine: Routine;
  whole: boolean;
}

/**
 * Chooses among the functions of a name the one that takes just these arguments, those with defaults left out at will.
 * @throws RestError PGRST202 for none, PGRST203 for several
 */
export function findRoutine({ routines }: Schema, call: Call): Called {
  const named = routines.filter(({ schema, name }) => schema === call.schema && name === call.name);
  const fitting = named.filter((routine) => takes(routine, call.given));
  const whole = fitting.length === 0 ? named.filter((routine) => takesWhole(routine, call.body_type)) : [];
  const [only, ...others] = fitting.length > 0 ? fittest(fitting, call.given) : whole;
  if (!only) throw notFound(routines, call);
  if (others.length > 0) throw notUnique([only, ...others]);
  return { routine: only, whole: fitting.length === 0 };
}

function takes({ arguments: all }: Routine, given: string[]): boolean {
  const names = new Set(all.map(({ name }) => name));
  if (names.has("")) return false;
  return (
    given.every((name) => names.has(name)) &&
    all.every((one) => one.optional || one.variadic || given.includes(one.name))
  );
}

function takesWhole({ arguments: all }: Routine, type: Call["body_type"]): boolean {
  const [only, ...more] = all;
  if (!only || more.length > 0 || only.name !== "") return false;
  return type === "json" ? only.type === "json" || only.type === "jsonb" : only.type === type;
}

/** A function all of whose arguments are given goes before one that fills some in. */
function fittest(fitting: Routine[], given: string[]): Routine[] {
  const exact = fitting.filter((routine) => routine.arguments.length === given.length);
  return exact.length > 0 ? exact : fitting;
}

function notFound(routines: Routine[], { schema, name, given, body_type }: Call): RestError {
  const list = given.toSorted().join(", ");
  const plural = given.length > 1 ? "s" : "";
  const searched = given.length === 0 ? "without parameters" : `with parameter${plural} ${list}`;
  const or = body_type ? ` or with a single unnamed ${body_type === "json" ? "json/jsonb" : body_type} parameter` : "";
  const like = closest(
    name,
    routines.filter((one) => one.schema === schema),
    (one) => one.name,
  );
  return new RestError(
    404,
    "PGRST202",
    `Could not find the function ${schema}.${name}${given.length === 0 ? " without parameters" : `(${list})`} in the schema cache`,
    `Searched for the function ${schema}.${name} ${searched}${or}, but no matches were found in the schema cache.`,
    like
      ? `Perhaps you meant to call the function ${schema}.${like.name}${like.name === name ? signature(like) : ""}`
      : null,
  );
}

const signature = ({ arguments: all }: Routine) => `(${all.map(({ name }) => name).join(", ")})`;

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
