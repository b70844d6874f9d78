import { expect } from "chai";
import { explainNpmFailure } from "../../scripts/run/explainNpmFailure.mjs";

const TEMPORARY = 75;

describe("explainNpmFailure", () => {
  for (const [code, text, exitCode] of [
    ["ENOTFOUND", "cannot be reached", TEMPORARY],
    ["EAI_AGAIN", "cannot be reached", TEMPORARY],
    ["ETIMEDOUT", "cannot be reached", TEMPORARY],
    ["E503", "cannot be reached", TEMPORARY],
    ["SELF_SIGNED_CERT_IN_CHAIN", "NODE_EXTRA_CA_CERTS", 1],
    ["ENOSPC", "disk is full", 1],
    ["EACCES", "may not write", 1],
    ["EINTEGRITY", "not the one that package-lock.json names", 1],
    ["E404", "exit code 1", 1],
  ] as const) {
    for (const prefix of ["npm ERR!", "npm error"]) {
      it(`behavior: ${prefix} code ${code}`, () => {
        const output = `npm http fetch GET 200 https://a/b.tgz\n${prefix} code ${code}\n${prefix} request to https://registry.npmjs.org/x failed\n`;
        const error = explainNpmFailure(output, 1);
        expect(error.message).to.include(text).and.to.include(`code ${code}`).and.to.not.include("npm http");
        expect(error.exitCode).to.equal(exitCode);
      });
    }
  }

  it("behavior: without an error of npm's, its last words are shown", () => {
    expect(explainNpmFailure("Segmentation fault\n", 139).message).to.include("Segmentation fault").and.include("139");
  });
});
