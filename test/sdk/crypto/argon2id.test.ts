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
    { m: 7_168, t: 5, p: 1, password: word, key: "c3b29302227d240f1d1a420a2b8bf100c13a5ef3af5cc429feb1bf5b5d994ee5" },
    { m: 7_168, t: 5, p: 8, password: word, key: "52fc4aa8d1514648ff0a10d8820e28aea9b466651ac89e38e6a4aa223063cdc3" },
    {
      m: 7_168,
      t: 5,
      p: 3,
      password: new Uint8Array(),
      key: "83e42824c637e9bfaef436e62fa82c18eace8cc4397ebf34e72e879118b7dbe7",
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
