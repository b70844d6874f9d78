import { PersonaError } from "@persona-protocol/sdk/errors";
import { expect } from "chai";
import { againstReorganisations } from "../../../node/src/enclave/registerEnclave.ts";
import { expectError } from "../../helpers/errors.ts";

const refused = (error: string) => new PersonaError("TRANSACTION_REVERTED", "No.", { data: { error } });

describe("againstReorganisations", () => {
  it("default: a key whose binding's block is gone is bound to another block", async () => {
    let tries = 0;
    const value = await againstReorganisations(async () => {
      tries += 1;
      if (tries < 3) throw refused("BindingBlockUnknown");
      return "registered";
    });
    expect([value, tries]).to.deep.equal(["registered", 3]);
  });

  it("error: CHAIN_DISAGREES, to be tried again later, when it does not end; any other refusal at once", async () => {
    let tries = 0;
    const failing = (error: string) => () =>
      againstReorganisations(async () => {
        tries += 1;
        throw refused(error);
      });
    expect((await expectError("CHAIN_DISAGREES", failing("BindingBlockUnknown"))).exitCode).to.equal(75);
    tries = 0;
    await expectError("TRANSACTION_REVERTED", failing("EvidenceRefused"));
    expect(tries).to.equal(1);
  });
});
