/** test/vectors/, which `npm run vectors` writes: test/contracts/types/ holds the contracts against the same files. */
import { readFileSync } from "node:fs";
import { appTypedData, recoveryTypedData } from "@persona-protocol/sdk/access";
import { negativeLog, raceDelay } from "@persona-protocol/sdk/compute";
import {
  type Deployment,
  decodeStruct,
  enclaveBindingHashOf,
  encodeStruct,
  grantHashOf,
  jobSpecHashOf,
  receiptDigestOf,
  typedData,
} from "@persona-protocol/sdk/contracts";
import { expect } from "chai";
import { verifyTypedData } from "ethers";
import {
  type Address,
  bytesToHex,
  type Hex,
  hashStruct,
  hashTypedData,
  hexToBytes,
  recoverTypedDataAddress,
  serializeSignature,
  type TypedDataDefinition,
} from "viem";
import { privateKeyToAddress } from "viem/accounts";
import type { Structs } from "../../helpers/structs.ts";

type Field = { readonly name: string; readonly type: string };
type Types = Readonly<Record<string, readonly Field[]>>;
type Message = Readonly<Record<string, unknown>>;
type Case = {
  readonly domain: { name: string; version: string; chainId: number; verifyingContract: Address };
  readonly message: Message;
  readonly abi: Hex;
  readonly structHash: Hex;
  readonly digest: Hex;
  readonly signature: { readonly r: Hex; readonly s: Hex; readonly v: number };
};
type Vectors = {
  readonly signer: { readonly privateKey: Hex; readonly address: Address };
  readonly messages: Readonly<
    Record<string, { primaryType: string; types: Types; contract: string; cases: Readonly<Record<string, Case>> }>
  >;
};
type Race = {
  readonly logarithms: readonly { x: string; log: string; exact: string }[];
  readonly delays: readonly (Record<"unit" | "weight" | "totalWeight" | "delay", string> &
    Record<"seed" | "jobId", Hex> &
    Record<"attempt" | "nodeId", number>)[];
};

const readJson = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), "utf8"));
const { signer, messages } = readJson("typed-data") as Vectors;
const race = readJson("race") as Race;

type Build = (deployment: Deployment, message: never) => object;
const builders: Readonly<Record<string, Build>> = {
  Terms: typedData.terms,
  Revoke: (d, { grantHash }: { grantHash: Hex }) => typedData.revoke(d, grantHash),
  RevokeAll: typedData.revokeAll,
  JobSpec: typedData.jobSpec,
  Receipt: typedData.receipt,
  ReleaseRequest: typedData.releaseRequest,
  Release: typedData.release,
  Refusal: typedData.refusal,
  EnclaveBinding: typedData.enclaveBinding,
  KeyBoxDeposit: typedData.keyBoxDeposit,
  AppDomain: appTypedData.appDomain,
  DomainProof: appTypedData.domainProof,
  AppConsent: appTypedData.appConsent,
  RecoveryVeto: recoveryTypedData.recoveryVeto,
  RecoveryAnswer: recoveryTypedData.recoveryAnswer,
};
/** Written to the chain by accounts and writers; the SDK has no function of its own for them yet. */
const byContractsOnly = ["AvailabilityBatch", "Publication", "WriterPublication", "WriterRemoval"];

const digestFunctions: Readonly<Record<string, (deployment: Deployment, message: never) => Hex>> = {
  Terms: grantHashOf,
  JobSpec: jobSpecHashOf,
  Receipt: receiptDigestOf,
};

/** Structs of which the SDK has bytes. */
const encoded = ["Terms", "JobSpec", "Receipt", "EnclaveBinding", "ReleaseRequest", "Release", "Refusal"].concat(
  "KeyBoxDeposit",
) as readonly (keyof Structs)[];

/** Every contract where the case has its own: each builder takes what is its. */
function deploymentOf({ domain: { chainId, verifyingContract: at } }: Case): Deployment {
  const first = { datasetRegistry: at, grantRegistry: at, nodeRegistry: at };
  return { chainId, ...first, measurementPolicy: at, jobMarket: at, appRegistry: at, ownerKeys: at, fromBlock: 0n };
}

/** Decimal text back into big integers, where the field is wider than a JavaScript number. */
function withBigInts(types: Types, struct: string, message: Message): Message {
  const read = (type: string, value: unknown): unknown => {
    if (Array.isArray(value)) return value.map((item) => read(type.slice(0, -2), item));
    if (Object.hasOwn(types, type)) return withBigInts(types, type, value as Message);
    return Number(/^uint(\d+)$/.exec(type)?.[1] ?? 0) > 48 ? BigInt(value as string) : value;
  };
  return Object.fromEntries((types[struct] ?? []).map(({ name, type }) => [name, read(type, message[name])]));
}

describe("test/vectors/typed-data.json", () => {
  it("default: has every message that the SDK can make, and the key of its signer", () => {
    const known = Object.keys(builders);
    const all = [typedData, appTypedData, recoveryTypedData].flatMap((made) => Object.keys(made));
    expect(known).to.have.length(all.length);
    expect(Object.keys(messages)).to.have.members([...known, ...byContractsOnly]);
    expect(privateKeyToAddress(signer.privateKey)).to.equal(signer.address);
    for (const { cases } of Object.values(messages))
      expect(Object.keys(cases)).to.deep.equal(["typical", "largest", "zero"]);
  });

  for (const [name, { primaryType, types, contract, cases }] of Object.entries(messages)) {
    it(`default: ${name}, hashed, encoded and recovered`, async () => {
      for (const [which, vector] of Object.entries(cases)) {
        const message = withBigInts(types, primaryType, vector.message);
        const written = { domain: vector.domain, types, primaryType, message };
        const made = builders[name]?.(deploymentOf(vector), message as never) ?? written;
        expect(made, which).to.deep.equal(written);
        expect(vector.domain.name).to.equal(`Persona ${contract}`);

        const data = made as TypedDataDefinition;
        expect(hashTypedData(data), which).to.equal(vector.digest);
        expect(hashStruct({ types, primaryType, data: message }), which).to.equal(vector.structHash);
        const digestOf = digestFunctions[name];
        if (digestOf !== undefined) expect(digestOf(deploymentOf(vector), message as never)).to.equal(vector.digest);
        if (name === "EnclaveBinding") expect(enclaveBindingHashOf(message as never)).to.equal(vector.structHash);

        const { r, s, v } = vector.signature;
        const signature = serializeSignature({ r, s, v: BigInt(v) });
        expect(await recoverTypedDataAddress({ ...data, signature })).to.equal(signer.address);
        const fields = Object.fromEntries(Object.entries(types).map(([key, list]) => [key, [...list]]));
        expect(verifyTypedData(vector.domain, fields, message, signature)).to.equal(signer.address);
      }
    });
  }

  it("default: a struct's bytes are what Solidity encodes, and come back", () => {
    for (const name of encoded) {
      const { types, cases } = messages[name] ?? { types: {}, cases: {} };
      expect(Object.keys(cases), name).to.have.length(3);
      for (const { abi, message } of Object.values(cases)) {
        const value = withBigInts(types, name, message) as Structs[typeof name];
        expect(bytesToHex(encodeStruct(name, value))).to.equal(abi);
        expect(decodeStruct(name, hexToBytes(abi))).to.deep.equal(value);
      }
    }
  });

  it("behavior: no two digests are the same, but of what says the same", () => {
    const digests = Object.values(messages).flatMap(({ cases }) => Object.values(cases).map(({ digest }) => digest));
    expect(new Set(digests).size).to.equal(digests.length);
  });
});

describe("test/vectors/race.json", () => {
  it("default: the logarithm is the SDK's, within 2^-30 of the true one, which Math.log knows to 12 digits", () => {
    expect(race.logarithms).to.have.length(53);
    for (const { x, log, exact } of race.logarithms) {
      expect(negativeLog(BigInt(x))).to.equal(BigInt(log));
      const error = BigInt(log) - BigInt(exact);
      expect((error < 0n ? -error : error) < 1n << 34n, x).to.equal(true);
      const rough = -Math.log(Number(x) / 2 ** 64);
      expect(Number(exact) / 2 ** 64, x).to.be.closeTo(rough, 1e-12 * (1 + rough));
    }
  });

  it("default: the delay is the SDK's", () => {
    expect(race.delays).to.have.length(28);
    for (const { delay, unit, weight, totalWeight, ...place } of race.delays) {
      const stakes = { unit: BigInt(unit), weight: BigInt(weight), totalWeight: BigInt(totalWeight) };
      expect(raceDelay({ ...place, ...stakes })).to.equal(BigInt(delay));
    }
  });
});
