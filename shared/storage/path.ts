import { ServiceError } from "../errors.ts";

export interface UploadPath {
  path: string;
  org_id: string;
  business_id: string;
  filename: string;
}

const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const PATH = new RegExp(`^(${UUID})/(${UUID})/(.+)$`);
const MAX_LENGTH = 512;
/** Our own: files that customers have sent. */
const RESERVED = "inbound";

/**
 * Where a person's file is to stand: `<organization>/<workspace>/<any folders>/<name>`.
 * @throws ServiceError invalid_input with what is wrong with it
 */
export function uploadPath(path: string): UploadPath {
  const [, org_id, business_id, rest] = PATH.exec(path) ?? [];
  if (org_id === undefined || business_id === undefined || rest === undefined) {
    throw new ServiceError("invalid_input", "A path is <organization id>/<business id>/<name>.");
  }
  const segments = rest.split("/");
  if (path.length > MAX_LENGTH) {
    throw new ServiceError("invalid_input", `A path has ${MAX_LENGTH} characters at most.`);
  }
  // what a URL, a file system or a header would read as something else
  if (segments.some((one) => /^\.*$/.test(one) || /[?#%\\"\p{Cc}\p{Cs}]/u.test(one))) {
    throw new ServiceError(
      "invalid_input",
      'A name may not be empty, "." or "..", nor contain ? # % \\ " or control characters.',
    );
  }
  if (segments[0] === RESERVED) {
    throw new ServiceError("invalid_input", `The folder ${RESERVED} is for what customers send. Take another one.`);
  }
  return { path, org_id, business_id, filename: segments.at(-1) ?? "" };
}
