import { failureName, isBeforeRelease } from "@persona-protocol/sdk/compute";
import { type ErrorCode, errorTable, knowSourceErrors, PersonaError } from "@persona-protocol/sdk/errors";
import { expect } from "chai";
import { failureCodeOf } from "../../../node/src/enclave/runtime/worker/jobFailure.ts";

knowSourceErrors();
const codes = Object.keys(errorTable) as ErrorCode[];
/** What a throw can bring besides errors of the table. */
const strange: readonly unknown[] = [
  new Error("secret"),
  new TypeError("x"),
  "text",
  null,
  undefined,
  42,
  { code: "GUARDIANS_REFUSED" },
];
const thrown = [...codes.map((code) => new PersonaError(code, "for this test")), ...strange];
const nameOf = (error: unknown) => (error instanceof PersonaError ? error.code : String(error));

describe("failureCodeOf", () => {
  it("default: every error there is has a code of the closed set, and never success", () => {
    for (const error of thrown) {
      for (const opened of [false, true]) {
        const code = failureCodeOf(error, opened);
        expect(failureName(code), `${nameOf(error)}: ${code}`).not.to.equal(undefined);
        expect(code, nameOf(error)).to.be.greaterThan(0);
      }
    }
  });

  it("behavior: once a share was opened nothing is said to have happened before", () => {
    for (const error of thrown) expect(isBeforeRelease(failureCodeOf(error, true)), nameOf(error)).to.equal(false);
  });

  it("behavior: before a share was opened nothing is said to have happened after: no owner is paid for unread data", () => {
    for (const error of thrown) expect(isBeforeRelease(failureCodeOf(error, false)), nameOf(error)).to.equal(true);
  });

  it("behavior: what the table knows as a failure of jobs keeps its name", () => {
    for (const code of codes) {
      const error = new PersonaError(code, "for this test");
      const before = failureName(failureCodeOf(error, false));
      const after = failureName(failureCodeOf(error, true));
      const data = before === "MANIFEST_INVALID" || before === "KEYBOX_INVALID";
      const program = before === "PROGRAM_INVALID" && after === "PROGRAM_FAILED";
      const kept =
        after === before ||
        after === "ENCLAVE_FAILED" ||
        before === "INTERNAL" ||
        program ||
        (data && after === "DATA_INVALID");
      expect(kept, `${code}: ${before}, then ${after}`).to.equal(true);
    }
  });

  it("behavior: an unknown error proves nothing: the operator earns no fee by it", () => {
    for (const error of strange) {
      for (const opened of [false, true]) expect(failureCodeOf(error, opened)).to.be.greaterThan(31);
    }
  });
});
