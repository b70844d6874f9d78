import { typedDigest } from "@persona-protocol/sdk/contracts";
import { expect } from "chai";
import fc from "fast-check";
import { type Address, bytesToHex, hashStruct, hashTypedData, type TypedDataDefinition } from "viem";
import { structTypes } from "../../../sdk/src/contracts/typedData.ts";
import { structDigest } from "../../../sdk/src/contracts/typedDigest.ts";

const bytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((each) => bytesToHex(each));
const address = bytes(20) as fc.Arbitrary<Address>;

/** Any value of a type of ours. */
function anyOf(
  types: Readonly<Record<string, readonly { name: string; type: string }[]>>,
  type: string,
): fc.Arbitrary<unknown> {
  if (type.endsWith("[]")) return fc.array(anyOf(types, type.slice(0, -2)), { maxLength: 3 });
  const fields = types[type];
  if (fields !== undefined)
    return fc.record(Object.fromEntries(fields.map((field) => [field.name, anyOf(types, field.type)])));
  if (type === "address") return address;
  if (type === "bool") return fc.boolean();
  if (type === "string") return fc.string();
  if (type === "bytes") return fc.uint8Array({ maxLength: 70 }).map((each) => bytesToHex(each));
  if (type.startsWith("bytes")) return bytes(Number(type.slice(5)));
  const bits = Number(type.replace("uint", ""));
  const whole = fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n });
  return bits <= 48 ? whole.map(Number) : whole;
}

const domains = fc.record({
  name: fc.string(),
  version: fc.string(),
  chainId: fc.integer({ min: 1, max: 2 ** 40 }),
  verifyingContract: address,
});

describe("typedDigest", () => {
  for (const name of Object.keys(structTypes) as (keyof typeof structTypes)[]) {
    it(`default: what viem makes of any ${name}`, () => {
      fc.assert(
        fc.property(domains, anyOf(structTypes, name), (domain, message) => {
          const definition = { domain, types: structTypes, primaryType: name, message: message as object };
          expect(typedDigest(definition)).to.equal(hashTypedData(definition as unknown as TypedDataDefinition));
          expect(structDigest(structTypes, name, definition.message)).to.equal(
            hashStruct({ types: structTypes, primaryType: name, data: definition.message } as never),
          );
        }),
        { numRuns: 12 },
      );
    });
  }

  it("default: what viem makes of texts, bytes, arrays and structs in structs", () => {
    const types = {
      Letter: [
        { name: "to", type: "Person[]" },
        { name: "text", type: "string" },
        { name: "enclosed", type: "bytes" },
        { name: "numbers", type: "uint40[]" },
        { name: "lines", type: "string[]" },
      ],
      Address: [{ name: "street", type: "string" }],
      Person: [
        { name: "name", type: "string" },
        { name: "home", type: "Address" },
      ],
    };
    fc.assert(
      fc.property(domains, anyOf(types, "Letter"), (domain, message) => {
        const definition = { domain, types, primaryType: "Letter", message: message as object };
        expect(typedDigest(definition)).to.equal(hashTypedData(definition as unknown as TypedDataDefinition));
      }),
      { numRuns: 50 },
    );
  });

  it("behavior: each part of the domain counts, also right after another domain", () => {
    const domain = { name: "a", version: "1", chainId: 1, verifyingContract: `0x${"11".repeat(20)}` as Address };
    const domains = [
      domain,
      { ...domain, name: "b" },
      { ...domain, version: "2" },
      { ...domain, chainId: 2 },
      { ...domain, verifyingContract: `0x${"12".repeat(20)}` as Address },
      { ...domain, name: 'a","1' },
    ];
    const message = { grantHash: `0x${"00".repeat(32)}` };
    const types = { Revoke: [{ name: "grantHash", type: "bytes32" }] };
    const digests = [...domains, ...domains].map((each) =>
      typedDigest({ domain: each, types, primaryType: "Revoke", message }),
    );
    expect(new Set(digests)).to.have.lengthOf(domains.length);
  });

  it("error: values that do not fit their types", () => {
    const domain = { name: "a", version: "1", chainId: 1, verifyingContract: `0x${"11".repeat(20)}` as Address };
    for (const [type, value] of [
      ["uint32", 2 ** 32],
      ["uint32", -1],
      ["bytes32", "0x1234"],
      ["address", "0x1234"],
      ["bool", "yes"],
      ["bytes32", undefined],
      ["uint32[]", [2 ** 32]],
    ] as const) {
      const types = { One: [{ name: "value", type }] };
      expect(() => typedDigest({ domain, types, primaryType: "One", message: { value } }), type).to.throw();
    }
    expect(() => typedDigest({ domain, types: {}, primaryType: "None", message: {} })).to.throw(TypeError);
  });
});
