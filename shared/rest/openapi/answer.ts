import type { Exec, Session } from "../../db/exec.ts";
import { RestError } from "../error.ts";
import type { RestResponse } from "../respond/answer.ts";
import type { Schema } from "../schema/model.ts";
import { describeSchema } from "./document.ts";
import type { Place } from "./document.ts";
import { INSPECT } from "./inspect.ts";
import type { Inspected } from "./inspect.ts";

export interface RootRequest {
  method: string;
  /** The header `Accept`. */
  accept: string | null;
  /** The schema that is asked for. */
  schema: string;
  /** It is one of several. */
  has_choice: boolean;
  place: Place;
}

const OURS = new Set(["application/openapi+json", "application/json", "*/*"]);

/**
 * Answers the door's own address: what of a schema the asking role may use.
 * @throws RestError PGRST107 for another form, PGRST117 for another method
 */
export async function answerRoot(
  { method, accept, schema, has_choice, place }: RootRequest,
  session: Session,
  { exec, schema: known }: { exec: Exec; schema: Schema },
): Promise<RestResponse> {
  if (method !== "GET" && method !== "HEAD") {
    throw new RestError(405, "PGRST117", `Unsupported HTTP method: ${method}`);
  }
  const forms = (accept ?? "*/*").split(",").map((form) => form.split(";", 1)[0]?.trim().toLowerCase() ?? "");
  if (!forms.some((form) => OURS.has(form))) {
    throw new RestError(406, "PGRST107", `None of these media types are available: ${forms.join(", ")}`);
  }
  const [, rows] = await exec(session, [
    { text: "SELECT set_config('search_path', '', true), set_config('transaction_read_only', 'on', true)" },
    { text: INSPECT, params: [schema] },
  ]);
  const found = (rows?.[0]?.["found"] ?? { comment: null, tables: [], routines: [] }) as Inspected;
  const headers: [string, string][] = [["content-type", "application/openapi+json; charset=utf-8"]];
  if (has_choice) headers.push(["content-profile", schema]);
  const body = method === "HEAD" ? null : JSON.stringify(describeSchema(schema, found, known, place));
  return { status: 200, headers, body };
}
