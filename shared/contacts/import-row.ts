import type { ContactRef } from "../channels/events.ts";
import { contactAt, e164 } from "../phone/e164.ts";

/** A person of a file, as the database takes it. */
export interface ImportedContact {
  line: number;
  ref: ContactRef;
  name?: string;
  email?: string;
  notes?: string;
  tags: string[];
  /** Whether the row says that the person agreed to marketing; absent where the file has no such column. */
  consent?: boolean;
}

type Field = "phone" | "name" | "first_name" | "last_name" | "email" | "tags" | "notes" | "country" | "consent";

/** Names that columns go by, in lower case, letters and digits only. */
const NAMES: Record<Field, string[]> = {
  phone: [
    "phone",
    "phonenumber",
    "mobile",
    "mobilephone",
    "mobilenumber",
    "cell",
    "cellphone",
    "telephone",
    "tel",
    "telefon",
    "mobil",
    "handy",
    "whatsapp",
    "whatsappnumber",
    "number",
    "waid",
    "telefono",
    "celular",
    "telefone",
    "msisdn",
  ],
  name: ["name", "fullname", "contactname", "displayname", "nombre", "nome"],
  first_name: ["firstname", "givenname", "vorname"],
  last_name: ["lastname", "surname", "familyname", "nachname"],
  email: ["email", "emailaddress", "mail"],
  tags: ["tags", "tag", "labels", "groups"],
  notes: ["notes", "note", "comment", "comments"],
  country: ["country", "countrycode"],
  consent: ["consent", "optin", "optedin", "marketingconsent"],
};

export type Columns = Partial<Record<Field, string>>;

/** Which column holds what, by its name; the first of several wins. */
export function columnsIn(header: readonly string[]): Columns {
  const plain = header.map((name) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, ""));
  const found = (Object.keys(NAMES) as Field[]).flatMap((field) => {
    const at = plain.findIndex((name) => NAMES[field].includes(name));
    return at < 0 ? [] : [[field, header[at]] as const];
  });
  return Object.fromEntries(found);
}

const MAX_NAME = 200;
const MAX_TAG = 100;
const MAX_TAGS = 50;
const MAX_NOTES = 10_000;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const YES = new Set(["1", "true", "yes", "y", "ja", "si", "sí", "sim", "oui", "x", "opted in", "granted"]);
const NO = new Set(["", "0", "false", "no", "n", "nein", "não", "nao", "non", "opted out", "-"]);

/**
 * One row as a contact, or why it cannot be one. What is wrong is told, never mended by guessing: an impossible number, an
 * address that is none, a consent that is neither yes nor no.
 * @param country ISO 3166 code of where numbers without "+" are dialled, unless the row names its own
 */
export function contactOf(
  { line, fields }: { line: number; fields: Record<string, string> },
  columns: Columns,
  country: string | undefined,
): ImportedContact | { line: number; reason: string } {
  const value = (field: Field) => (columns[field] === undefined ? "" : (fields[columns[field]] ?? "").trim());
  const refused = (reason: string) => ({ line, reason });

  const own = value("country").toUpperCase();
  const dialled = /^[A-Z]{2}$/.test(own) ? own : country;
  const given = value("phone").replace(/^00(?=\d)/, "+");
  if (given === "") return refused("there is no phone number");
  const phone = e164(given, dialled);
  if (phone === null) {
    return refused(
      dialled === undefined
        ? "not a phone number with + and country code"
        : `not a phone number that can be dialled in ${dialled}`,
    );
  }
  const name = value("name") || [value("first_name"), value("last_name")].filter(Boolean).join(" ");
  if (name.length > MAX_NAME) return refused(`the name has more than ${MAX_NAME} characters`);
  const email = value("email");
  if (email !== "" && !EMAIL.test(email)) return refused("not a mail address");
  const notes = value("notes");
  if (notes.length > MAX_NOTES) return refused(`the notes have more than ${MAX_NOTES} characters`);
  const tags = [
    ...new Set(
      value("tags")
        .split(/[,;|]/)
        .map((tag) => tag.trim())
        .filter(Boolean),
    ),
  ];
  if (tags.length > MAX_TAGS || tags.some((tag) => tag.length > MAX_TAG)) {
    return refused(`more than ${MAX_TAGS} tags, or one of more than ${MAX_TAG} characters`);
  }
  const consent = value("consent").toLowerCase();
  if (!YES.has(consent) && !NO.has(consent)) return refused("the consent is neither yes nor no");
  return {
    line,
    ref: contactAt(phone),
    tags,
    ...(name !== "" && { name }),
    ...(email !== "" && { email }),
    ...(notes !== "" && { notes }),
    ...(columns.consent !== undefined && { consent: YES.has(consent) }),
  };
}
