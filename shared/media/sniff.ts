export interface Sniffed {
  /** What the bytes are; `application/octet-stream` when nothing is known of them. */
  mime_type: string;
  /** Whether the bytes contradict the declared type. */
  mismatch: boolean;
}

interface Signature {
  matches: (bytes: Uint8Array) => boolean;
  /** Types that begin like this, the usual one first. One that ends with a dot stands for all that start with it. */
  types: readonly [string, ...string[]];
}

const starts =
  (text: string, at = 0) =>
  (bytes: Uint8Array) =>
    [...text].every((character, i) => bytes[at + i] === character.charCodeAt(0));
const both = (one: Signature["matches"], other: Signature["matches"]) => (bytes: Uint8Array) =>
  one(bytes) && other(bytes);
/** The frame sync of MPEG audio: eleven set bits; `mask` and `value` tell the layer in the second byte. */
const frame = (mask: number, value: number) => (bytes: Uint8Array) =>
  bytes[0] === 0xff && ((bytes[1] ?? 0) & mask) === value;

/** First bytes as the formats' own specifications give them, and the WHATWG's "MIME Sniffing" where it has them. */
const SIGNATURES: readonly Signature[] = [
  { matches: starts("\xff\xd8\xff"), types: ["image/jpeg", "image/jpg"] },
  { matches: starts("\x89PNG\r\n\x1a\n"), types: ["image/png"] },
  { matches: both(starts("RIFF"), starts("WEBP", 8)), types: ["image/webp"] },
  { matches: starts("GIF8"), types: ["image/gif"] },
  { matches: starts("ftyp3g", 4), types: ["video/3gpp", "audio/3gpp", "video/3gp", "video/mp4", "audio/mp4"] },
  { matches: starts("ftypM4A", 4), types: ["audio/mp4", "audio/x-m4a", "audio/m4a", "audio/aac"] },
  { matches: starts("ftyp", 4), types: ["video/mp4", "audio/mp4", "video/3gpp", "video/quicktime"] },
  { matches: starts("OggS"), types: ["audio/ogg", "audio/opus", "application/ogg"] },
  { matches: starts("ID3"), types: ["audio/mpeg", "audio/mp3", "audio/aac"] },
  { matches: frame(0xf6, 0xf0), types: ["audio/aac", "audio/aacp"] },
  { matches: frame(0xe6, 0xe2), types: ["audio/mpeg", "audio/mp3"] },
  { matches: starts("#!AMR"), types: ["audio/amr", "audio/amr-wb"] },
  { matches: starts("%PDF-"), types: ["application/pdf"] },
  {
    matches: starts("PK\x03\x04"),
    types: [
      "application/zip",
      "application/vnd.openxmlformats-officedocument.",
      "application/vnd.oasis.opendocument.",
      "application/epub+zip",
      "application/vnd.android.package-archive",
    ],
  },
  {
    matches: starts("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    types: [
      "application/x-ole-storage",
      "application/msword",
      "application/vnd.ms-excel",
      "application/vnd.ms-powerpoint",
    ],
  },
];

/**
 * The type of a file by its first bytes. Formats that share their beginning (office files are zip archives) are told
 * apart by the declared type, as long as it is one of them. Plain text has no beginning of its own and is believed.
 *
 * @param declared as a provider gives it, with or without parameters such as `; codecs=opus`
 */
export function sniff(bytes: Uint8Array, declared: string | null): Sniffed {
  const claim = (declared ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const found = SIGNATURES.find(({ matches }) => matches(bytes));
  if (found !== undefined) {
    if (includes(found, claim)) return { mime_type: claim, mismatch: false };
    return { mime_type: found.types[0], mismatch: claim !== "" && claim !== "application/octet-stream" };
  }
  if (claim === "text/plain") return { mime_type: claim, mismatch: false };
  // a type that we would have recognised is not what these bytes are; of any other we know nothing
  return { mime_type: "application/octet-stream", mismatch: SIGNATURES.some((each) => includes(each, claim)) };
}

function includes({ types }: Signature, claim: string): boolean {
  return types.some((type) => (type.endsWith(".") ? claim.startsWith(type) : claim === type));
}
