import { argon2id, toHex, utf8 } from "@persona-protocol/sdk/crypto";
import { expect } from "chai";
import { nodeArgon2, portableArgon2id } from "../../../sdk/src/crypto/argon2id.ts";

const salt = Uint8Array.from({ length: 32 }, (_, at) => at);
const word = utf8("correct horse");

describe("argon2id", function () {
  this.timeout(60_000);

  // By the reference implementation, version 1.3 (argon2-cffi 25.1.0). Several lanes and an empty passphrase are allowed too.
  for (const { m, t, p, password, key } of [
    { m: 19_456, t: 2, p: 1, password: word, key: "0fb7142cbef5e0e5911b1f6d59f08b3512ca07be95eae5b7c49931d0836f62f7" },
    { m: 256, t: 5, p: 1, password: word, key: "d8de5435f507ab634a67ee6fd90964bcfea8cb88052c7a35a0b7bd09be4ba265" },
    { m: 256, t: 3, p: 8, password: word, key: "018a25a879d4298f0983c9a9a8df52c3d00c0dc7210690dba444974b1f9a3b53" },
    {
      m: 64,
      t: 1,
      p: 3,
      password: new Uint8Array(),
      key: "84a2fe1d798966006d42b6dadb65483bfeecb5d299315fdf1abbcb38e0be63aa",
    },
  ]) {
    it(`default: ${m} KiB, ${t} passes, ${p} lanes, ${password.length} bytes: browsers and this platform agree with the reference`, async () => {
      for (const derive of [argon2id, portableArgon2id]) {
        expect(toHex(await derive({ password, salt, m, t, p }))).to.equal(`0x${key}`);
      }
    });
  }

  it("behavior: the project's Node has its own, and it is what is used", () => {
    expect(nodeArgon2).to.not.equal(undefined);
  });
});
