import { expect } from "chai";
import { type ImportFlags, parseMaxEntryBytes, parsePublishOptions } from "../../../node/src/cli/importOptions.ts";
import { expectError } from "../../helpers/errors.ts";

const flags: ImportFlags = {
  network: "/run/dir",
  rpc: "http://127.0.0.1:8545",
  keystore: "owner.json",
  passphraseFile: "/p",
  account: "/a.json",
  guardians: "1, 2,3",
  threshold: "2",
  json: false,
};

describe("parsePublishOptions", () => {
  it("default: absolute paths, the network's own files, one passphrase for both keystores", () => {
    const { outOf, ...options } = parsePublishOptions(flags);
    expect(options).to.deep.equal({
      deploymentFile: "/run/dir/deployment.json",
      storeDir: "/run/dir/ipfs",
      storesFile: undefined,
      rpc: "http://127.0.0.1:8545/",
      keystore: `${process.cwd()}/owner.json`,
      newKeystore: false,
      passphraseFile: "/p",
      account: "/a.json",
      accountPassphraseFile: "/p",
      guardians: [1, 2, 3],
      threshold: 2,
      padding: "padme",
      out: undefined,
    });
    expect(parsePublishOptions({ ...flags, padding: false }).padding).to.equal("none");
    expect(outOf("0xab")).to.equal(`${process.cwd()}/dataset-0xab.json`);
    expect(parsePublishOptions({ ...flags, out: "/x.json" }).outOf("0xab")).to.equal("/x.json");
  });

  it("error: names all that is missing", async () => {
    const { guardians: _, account: __, ...rest } = flags;
    const { data } = await expectError("USAGE", () => parsePublishOptions(rest));
    expect(data).to.deep.equal({ missing: "--account --guardians" });
  });

  it("error: guardians, thresholds and endpoints that cannot be", async () => {
    for (const guardians of [
      "",
      "1",
      "0,1",
      "1,1",
      "1,2,x",
      "-1,2",
      "1e2,3",
      "4294967296,1",
      Array.from({ length: 17 }, (_, i) => i + 1).join(),
    ]) {
      await expectError("USAGE", () => parsePublishOptions({ ...flags, guardians }));
    }
    for (const threshold of ["", "0", "1", "4", "2.5", "two", "99"]) {
      await expectError("USAGE", () => parsePublishOptions({ ...flags, threshold }));
    }
    for (const rpc of ["", "localhost", "file:///etc/passwd", "ws://127.0.0.1:1", "javascript:1"]) {
      await expectError("USAGE", () => parsePublishOptions({ ...flags, rpc }));
    }
  });
});

describe("parseMaxEntryBytes", () => {
  it("default: a number of bytes, or none", () => {
    expect(parseMaxEntryBytes(undefined)).to.equal(undefined);
    expect(parseMaxEntryBytes("4096")).to.deep.equal({ maxEntryBytes: 4_096 });
  });

  it("error: anything else", async () => {
    for (const text of ["0", "-1", "1e9", "ten", "", " 1", "0x10", "99999999999999999999"]) {
      await expectError("USAGE", () => parseMaxEntryBytes(text));
    }
  });
});
