import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { bytesToHex, concat, type Hex, hexToBytes, numberToHex, recoverAddress, zeroHash } from "viem";
import { privateKeyToAccount, sign } from "viem/accounts";
import { enclaveAccount, recoverSigner } from "../../../node/src/enclave/runtime/secp256k1.ts";

const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const field = 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2fn;
const word = (value: bigint) => numberToHex(value, { size: 32 });
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const privateKeys = bytes32.filter((key) => BigInt(bytesToHex(key)) % order !== 0n && BigInt(bytesToHex(key)) < order);

const definition = (message: { readonly text: string; readonly id: Hex }) =>
  ({
    domain: { name: "Test", version: "1", chainId: 31_337, verifyingContract: `0x${"11".repeat(20)}` },
    types: {
      Note: [
        { name: "text", type: "string" },
        { name: "id", type: "bytes32" },
      ],
    },
    primaryType: "Note",
    message,
  }) as const;

/** What viem makes of it: an address, or nothing. */
const byViem = (hash: Hex, signature: Hex) => recoverAddress({ hash, signature }).catch(() => undefined);
const byOurs = (hash: Hex, signature: Hex) => {
  try {
    return recoverSigner(hash, signature);
  } catch {
    return undefined;
  }
};

describe("secp256k1", () => {
  it("default: signs the very bytes that viem signs, under the same address", async () => {
    await fc.assert(
      fc.asyncProperty(privateKeys, bytes32, fc.string(), async (key, id, text) => {
        const [ours, viems] = [enclaveAccount(key), privateKeyToAccount(bytesToHex(key))];
        const message = definition({ text, id: bytesToHex(id) });
        expect(ours.address).to.equal(viems.address);
        expect(await ours.signTypedData(message)).to.equal(await viems.signTypedData(message));
        expect(await ours.signMessage({ message: text })).to.equal(await viems.signMessage({ message: text }));
      }),
      { numRuns: 40 },
    );
  });

  it("default: finds who viem finds, for each form of the last byte", async () => {
    await fc.assert(
      fc.asyncProperty(privateKeys, bytes32, async (key, digest) => {
        const hash = bytesToHex(digest);
        const { r, s, yParity = 0 } = await sign({ hash, privateKey: bytesToHex(key) });
        const { address } = privateKeyToAccount(bytesToHex(key));
        for (const last of [yParity, yParity + 27]) {
          expect(recoverSigner(hash, concat([r, s, numberToHex(last, { size: 1 })]))).to.equal(address);
        }
        const other = concat([r, s, numberToHex(1 - yParity, { size: 1 })]);
        expect(byOurs(hash, other))
          .to.equal(await byViem(hash, other))
          .and.not.equal(address);
        // The mirrored signature is one of the same key: who needs one form only must not count signatures.
        const mirrored = concat([r, word(order - BigInt(s)), numberToHex(1 - yParity, { size: 1 })]);
        expect(byOurs(hash, mirrored))
          .to.equal(await byViem(hash, mirrored))
          .and.equal(address);
      }),
      { numRuns: 25 },
    );
  });

  it("behavior: agrees with viem about whatever else comes, and about what is at the edges", async function () {
    this.timeout(20_000);
    const edges = [
      0n,
      1n,
      2n,
      order / 2n,
      order / 2n + 1n,
      order - 1n,
      order,
      order + 1n,
      field - order,
      field - 1n,
      field,
    ];
    const numbers = fc.oneof(
      fc.constantFrom(...edges.map(word)),
      fc.constant(word(2n ** 256n - 1n)),
      bytes32.map((value) => bytesToHex(value)),
    );
    const hashes = fc.oneof(
      fc.constant(zeroHash),
      fc.constant(word(order)),
      bytes32.map((value) => bytesToHex(value)),
    );
    const last = fc.oneof(fc.constantFrom(0, 1, 27, 28), fc.integer({ min: 0, max: 255 }));
    let found = 0;
    await fc.assert(
      fc.asyncProperty(hashes, numbers, numbers, last, async (hash, r, s, v) => {
        const signature = concat([r, s, numberToHex(v, { size: 1 })]);
        const expected = await byViem(hash, signature);
        if (expected !== undefined) found += 1;
        expect(byOurs(hash, signature)).to.equal(expected);
      }),
      { numRuns: 400 },
    );
    expect(found, "signatures of some key").to.be.greaterThan(20);
  });

  it("error: what is not 65 bytes, or ends in another byte, has no signer", async () => {
    const hash = bytesToHex(new Uint8Array(32).fill(7));
    const good = await privateKeyToAccount(word(5n)).sign({ hash });
    expect(recoverSigner(hash, good)).to.equal(privateKeyToAccount(word(5n)).address);
    const bytes = hexToBytes(good);
    for (const bad of ["0x", bytesToHex(bytes.slice(0, 64)), concat([good, "0x00"])] as const) {
      expect(() => recoverSigner(hash, bad), bad).to.throw();
    }
    for (const v of [2, 3, 26, 29, 35, 255]) {
      expect(() => recoverSigner(hash, bytesToHex(Uint8Array.from([...bytes.slice(0, 64), v])))).to.throw();
    }
  });

  it("error: zero and the order are no private keys", () => {
    for (const key of [0n, order, order + 1n]) expect(() => enclaveAccount(hexToBytes(word(key)))).to.throw();
  });

  it("behavior: the WebAssembly is the one that was looked at", () => {
    const file = join(import.meta.dirname, "../../../node_modules", "tiny-secp256k1/lib/secp256k1.wasm");
    expect(createHash("sha256").update(readFileSync(file)).digest("hex")).to.equal(
      "5cbbcb8adc7acc3b78a3fd31c76d573302705ff5fd714d03f5a2602591197cb5",
    );
  });

  it("behavior: keeps a copy of its key", async () => {
    const key = hexToBytes(word(9n));
    const account = enclaveAccount(key);
    key.fill(0);
    const message = definition({ text: "after", id: zeroHash });
    expect(await account.signTypedData(message)).to.equal(await privateKeyToAccount(word(9n)).signTypedData(message));
  });
});
