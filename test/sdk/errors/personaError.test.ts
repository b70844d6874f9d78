import {
  type ErrorCode,
  errorTable,
  isPersonaError,
  knowSourceErrors,
  PersonaError,
} from "@persona-protocol/sdk/errors";
import { expect } from "chai";
import { errorClasses } from "../../helpers/errors.ts";

describe("PersonaError", () => {
  const own = Object.entries(errorClasses) as [keyof typeof errorClasses, (typeof errorClasses)["CHAIN_WRONG"]][];

  it("default: a code with a class is made as that class, whoever makes it, and as no other", () => {
    for (const [code, Own] of own) {
      const name = `${code.toLowerCase().replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())}Error`;
      for (const error of [new PersonaError(code, "no", { data: { id: 1 } }), new Own("no", { data: { id: 1 } })]) {
        expect(error).to.be.instanceOf(Own).and.instanceOf(PersonaError).and.instanceOf(Error);
        expect(isPersonaError(error, code)).to.equal(true);
        expect(error.name).to.equal(name);
        expect(error.toJSON()).to.deep.include({ code, message: "no", data: { id: "1" } });
        // It advises what the table does, and where to read on.
        expect(error.message).to.include(errorTable[code].fix).and.include(`docs/errors.md#${code.toLowerCase()}`);
        for (const [other, Other] of own) expect(error instanceof Other, other).to.equal(other === code);
      }
    }
  });

  it("behavior: every other code is a PersonaError and nothing more", () => {
    knowSourceErrors();
    const rest = (Object.keys(errorTable) as ErrorCode[]).filter((code) => !(code in errorClasses));
    for (const code of rest) {
      const error = new PersonaError(code, "no");
      expect(error.name, code).to.equal("PersonaError");
      expect(own.some(([, Own]) => error instanceof Own)).to.equal(false);
      expect([error.exitCode, error.retry]).to.deep.equal([errorTable[code].exit, errorTable[code].retry]);
    }
  });
});
