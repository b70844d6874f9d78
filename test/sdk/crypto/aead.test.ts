import { aeadOpen, aeadSeal, randomBytes, utf8 } from "@persona-protocol/sdk/crypto";
import { expect } from "chai";
import { expectError } from "../../helpers/errors.ts";

describe("aeadSeal", () => {
  const plaintext = utf8("some words");

  it("default", async () => {
    const key = randomBytes(32);
    const sealed = await aeadSeal({ key, plaintext });
    expect(sealed).to.have.lengthOf(12 + plaintext.length + 16);
    expect(await aeadOpen({ key, sealed })).to.deep.equal(plaintext);
    expect(await aeadSeal({ key, plaintext })).not.to.deep.equal(sealed);
  });

  it("error: another key, other associated data, a changed or short message", async () => {
    const key = randomBytes(32);
    const aad = utf8("job 1");
    const sealed = await aeadSeal({ key, plaintext, aad });
    await expectError("SEALED_BOX_INVALID", () => aeadOpen({ key: randomBytes(32), sealed, aad }));
    await expectError("SEALED_BOX_INVALID", () => aeadOpen({ key, sealed, aad: utf8("job 2") }));
    await expectError("SEALED_BOX_INVALID", () => aeadOpen({ key, sealed: sealed.slice(0, 27), aad }));
    for (let at = 0; at < sealed.length; at++) {
      const changed = sealed.map((byte, index) => (index === at ? byte ^ 0x80 : byte));
      await expectError("SEALED_BOX_INVALID", () => aeadOpen({ key, sealed: changed, aad }));
    }
  });
});
