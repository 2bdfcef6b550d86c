import { expect, test } from "vitest";
import { DatabaseError, DatabaseUnavailable } from "./db/exec.ts";
import { asServiceError, ServiceError, STATUS } from "./errors.ts";

test("a refusal of ours passes unchanged", () => {
  const refusal = new ServiceError("conflict", "Somebody was quicker.", { current: 1 });
  expect(asServiceError(refusal)).toBe(refusal);
});

test.each([
  ["SB400", "invalid_input", 400],
  ["SB401", "unauthorized", 401],
  ["SB403", "forbidden", 403],
  ["SB404", "not_found", 404],
  ["SB409", "conflict", 409],
  ["SB429", "too_many_requests", 429],
])("the database's %s is %s, HTTP %d, with its message and details", (sqlstate, code, http) => {
  const error = asServiceError(new DatabaseError("No.", sqlstate, '{"current": {"epoch": 3}}'));
  expect(error).toMatchObject({ code, message: "No.", details: { current: { epoch: 3 } } });
  expect(STATUS[error.code]).toBe(http);
});

test.each([
  ["a fault of the database", new DatabaseError('null value in column "name" of +49151', "23502")],
  ["an error of ours", new TypeError("x is not a function")],
  ["something thrown", "text"],
])("%s tells the caller nothing and keeps the cause", (_title, fault) => {
  const error = asServiceError(fault);
  expect(error).toMatchObject({ code: "internal", message: "Something went wrong on our side.", details: undefined });
  expect(error.cause).toBe(fault);
});

test("an absent database asks for another try", () => {
  expect(asServiceError(new DatabaseUnavailable("no answer"))).toMatchObject({ code: "unavailable" });
});

test.each([[undefined], ["not JSON"]])("details that are not JSON are left out: %s", (detail) => {
  expect(asServiceError(new DatabaseError("No.", "SB409", detail)).details).toBeUndefined();
});
