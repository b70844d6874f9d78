import { randomBytes, toHex } from "@persona-protocol/sdk/crypto";
import {
  generateOwnerRootKey,
  makeRecoveryKit,
  openRecoveryKit,
  parseRecoveryKit,
} from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { getAddress } from "viem";
import { expectError } from "../../helpers/errors.ts";
import { createFuzz } from "../../helpers/fuzz.ts";

const kdf = { m: 7_168, t: 5, p: 1 };
const ids = {
  chainId: 11_155_111,
  ownerKeys: getAddress(`0x${"5a".repeat(20)}`),
  owner: getAddress(`0x${"a1".repeat(20)}`),
};
const { seed, fuzz } = createFuzz(500);

describe("makeRecoveryKit", function () {
  this.timeout(60_000);
  let rootKey: Uint8Array;
  let plain: string;
  let sealed: string;
  before(async () => {
    rootKey = generateOwnerRootKey();
    plain = await makeRecoveryKit({ ...ids, rootKey });
    sealed = await makeRecoveryKit({ ...ids, rootKey, passphrase: "päper", kdf });
  });

  it("default: gives the root key back, and says which it is", async () => {
    for (const [text, form] of [
      [plain, "plain"],
      [sealed, "sealed"],
    ] as const) {
      const opened = await openRecoveryKit(text, "päper");
      expect(opened).to.deep.include({ ...ids, form, rootKey });
      const { rootKey: _, ...open } = opened;
      expect(parseRecoveryKit(text)).to.deep.equal(open);
      expect(text.includes("WHOEVER READS THIS PAGE CAN READ ALL YOUR DATA")).to.equal(form === "plain");
      expect(text).to.not.include(toHex(rootKey).slice(2));
    }
  });

  it("behavior: typed from paper: small letters, other groups, I for 1, O for 0, only the numbered lines", async () => {
    const typed = plain
      .split("\n")
      .filter((line) => /^\d\d /.test(line))
      .map((line) => {
        const number = line.slice(0, 2);
        const letters = line.slice(2).replaceAll(" ", "").replaceAll("1", "i").replaceAll("0", "o");
        return `  ${number}: ${letters.toLowerCase().replace(/(.{7})/g, "$1-")}`;
      });
    expect((await openRecoveryKit(typed.join("\r\n"))).rootKey).to.deep.equal(rootKey);
  });

  it("error: a line that was typed wrong is named", async () => {
    const lines = plain.split("\n");
    const third = lines.findIndex((line) => line.startsWith("03 "));
    const letters = [...(lines[third] ?? "")];
    letters[6] = letters[6] === "7" ? "8" : "7";
    const error = await expectError("RECOVERY_KIT_INVALID", () =>
      openRecoveryKit(lines.with(third, letters.join("")).join("\n")),
    );
    expect(error.data).to.deep.equal({ line: 3 });
  });

  it("error: lines missing, out of order, twice, none; a page that is too long", async () => {
    const lines = plain.split("\n").filter((line) => /^\d\d /.test(line));
    const [first = "", second = "", ...rest] = lines;
    for (const wrong of [
      [second, first, ...rest],
      [first, ...rest],
      lines.slice(0, -1),
      [...lines, first],
      [],
      ["x".repeat(9_000)],
    ]) {
      await expectError("RECOVERY_KIT_INVALID", () => openRecoveryKit(wrong.join("\n")));
    }
  });

  it("error: a sealed kit without its passphrase, or with another", async () => {
    await expectError("KEYSTORE_PASSPHRASE_WRONG", () => openRecoveryKit(sealed));
    await expectError("KEYSTORE_PASSPHRASE_WRONG", () => openRecoveryKit(sealed, "paper"));
  });

  it("error: an empty passphrase, or a key of another length", async () => {
    await expectError("KEYSTORE_INVALID", () => makeRecoveryKit({ ...ids, rootKey, passphrase: "" }));
    const short = await makeRecoveryKit({ ...ids, rootKey: randomBytes(31) }).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(short).to.be.instanceOf(RangeError);
  });

  it(`behavior: no mutation gives another key (PERSONA_SEED=${seed})`, async () => {
    await fuzz(new TextEncoder().encode(plain), async (bytes) => {
      const opened = await openRecoveryKit(new TextDecoder().decode(bytes)).catch(() => undefined);
      if (opened !== undefined) expect(opened.rootKey).to.deep.equal(rootKey);
    });
  });
});
