import { expect, test } from "vitest";
import { uploadPath } from "./path.ts";

const ORG = "0f4b5b1e-1c1e-4b55-9a0f-4a5f6d9a7c01";
const BUSINESS = "0f4b5b1e-1c1e-4b55-9a0f-4a5f6d9a7c02";

test("a path names its organization, its workspace and its file", () => {
  expect(uploadPath(`${ORG}/${BUSINESS}/prices/Menü 2026.pdf`)).toMatchObject({
    org_id: ORG,
    business_id: BUSINESS,
    filename: "Menü 2026.pdf",
  });
});

test.each([
  "menu.pdf",
  `${ORG}/menu.pdf`,
  `${ORG}/${BUSINESS}`,
  `${ORG}/${BUSINESS}/`,
  `${ORG}/${BUSINESS}//a`,
  `${ORG}/${BUSINESS}/../a`,
  `${ORG}/${BUSINESS}/./a`,
  `${ORG}/${BUSINESS}/a?b`,
  `${ORG}/${BUSINESS}/a%2fb`,
  `${ORG}/${BUSINESS}/a\u0000`,
  `${ORG}/${BUSINESS}/inbound/a`,
  `${ORG}/${BUSINESS}/${"a".repeat(512)}`,
])("%j is refused with a reason", (path) => {
  expect(() => uploadPath(path)).toThrow(/path|name|folder/);
});
