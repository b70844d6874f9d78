import { checkScope } from "@persona-protocol/sdk/access";
import { type ErrorCode, reasonOfCode } from "@persona-protocol/sdk/errors";
import { encodeCbor } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { type Hex, keccak256, zeroHash } from "viem";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { createScopeCheck, type ScopeChoice } from "../../helpers/scopes.ts";
import { randomHex32, randomStruct } from "../../helpers/structs.ts";

const seed = testSeed();
const random = createRandom(seed);
const objection = (choice: ScopeChoice) => checkScope(createScopeCheck(choice));
const args = encodeCbor({ threshold: 3 });

/** One way to break each rule, in the order in which they are checked. */
const breaches: readonly (readonly [ErrorCode, ScopeChoice])[] = [
  ["SCOPE_MISMATCH", { terms: { scopeHash: randomHex32(random) } }],
  ["PROGRAM_NOT_GRANTED", { spec: { programId: randomHex32(random) } }],
  ["SEGMENT_NOT_GRANTED", { input: { segments: 0b1000n } }],
  ["ARGS_NOT_GRANTED", { args }],
  ["OUTPUT_NOT_GRANTED", { spec: { outputClass: 3 } }],
  ["VERSION_NOT_GRANTED", { input: { version: 4n } }],
];

const merged = (a: ScopeChoice, b: ScopeChoice): ScopeChoice => ({
  ...a,
  ...b,
  spec: { ...a.spec, ...b.spec },
  input: { ...a.input, ...b.input },
});

describe("checkScope", () => {
  it("default: a job within its Scope meets no objection", () => {
    expect(objection({})).to.equal(undefined);
    expect(objection({ input: { segments: 0b0110n } })).to.equal(undefined);
    expect(objection({ spec: { maxOutputBytes: 1 } })).to.equal(undefined);
  });

  for (const [code, choice] of breaches) {
    it(`error: ${code}`, () => {
      expect(objection(choice)).to.equal(code);
    });
  }

  it("behavior: of two broken rules the one that comes first in the enum is named", () => {
    const order = breaches.map(([code]) => reasonOfCode(code) ?? 0);
    expect(order).to.deep.equal([...order].sort((a, b) => a - b));
    for (const [i, [first, one]] of breaches.entries()) {
      for (const [second, other] of breaches.slice(i + 1)) {
        expect(objection(merged(one, other)), `${first} and ${second}`).to.equal(first);
      }
    }
  });

  it("behavior: every field of the Scope is under its hash", () => {
    const check = createScopeCheck();
    const other = randomStruct("Scope", random);
    for (const field of Object.keys(other) as (keyof typeof other)[]) {
      if (other[field] === check.scope[field]) continue;
      expect(checkScope({ ...check, scope: { ...check.scope, [field]: other[field] } }), field).to.equal(
        "SCOPE_MISMATCH",
      );
    }
  });

  it("error: segments: none at all, one too many, beyond the catalogue of the grant", () => {
    const segments = (asked: bigint, scope: ScopeChoice["scope"] = {}) =>
      objection({ input: { segments: asked }, scope });
    expect(segments(0n)).to.equal("SEGMENT_NOT_GRANTED");
    expect(segments(0n, { segments: 0n })).to.equal("SEGMENT_NOT_GRANTED");
    expect(segments(0b0010n, { segments: 0n })).to.equal("SEGMENT_NOT_GRANTED");
    expect(segments(0b0111n)).to.equal("SEGMENT_NOT_GRANTED");
    expect(segments((1n << 255n) | 0b0010n)).to.equal("SEGMENT_NOT_GRANTED");
    const everything = (1n << 256n) - 1n;
    // A grant of "all bits" still means the catalogue as it was when it was signed.
    expect(segments(0b1000n, { segments: everything })).to.equal(undefined);
    expect(segments(0b1_0000n, { segments: everything })).to.equal("SEGMENT_NOT_GRANTED");
    expect(segments(1n << 255n, { segments: everything })).to.equal("SEGMENT_NOT_GRANTED");
    expect(segments(everything, { segments: everything })).to.equal("SEGMENT_NOT_GRANTED");
  });

  it("error: segments: an index no longer means what it meant", () => {
    const { catalogueHashAt, ...check } = createScopeCheck();
    const code = (at: typeof catalogueHashAt) => checkScope({ ...check, catalogueHashAt: at });
    expect(code(catalogueHashAt)).to.equal(undefined);
    expect(code(() => undefined)).to.equal("SEGMENT_NOT_GRANTED");
    expect(code(() => randomHex32(random))).to.equal("SEGMENT_NOT_GRANTED");
    expect(code((length) => catalogueHashAt(length + 1))).to.equal("SEGMENT_NOT_GRANTED");
    expect(objection({ scope: { catalogueLength: 6 } }), "a longer catalogue than there is").to.equal(
      "SEGMENT_NOT_GRANTED",
    );
    expect(objection({ scope: { catalogueLength: 2 ** 32 - 1 } })).to.equal("SEGMENT_NOT_GRANTED");
    expect(objection({ scope: { catalogueLength: 0, cataloguePrefix: zeroHash } })).to.equal("SEGMENT_NOT_GRANTED");
  });

  it("behavior: args: none, exactly these, or of the program's schema", () => {
    const asked = (argsRule: number, argsHash: Hex = zeroHash, given = args) =>
      objection({ scope: { argsRule, argsHash }, args: given });
    const otherArgs = encodeCbor({ threshold: 4 });
    expect(asked(1, zeroHash, Uint8Array.of(0xa0))).to.equal(undefined);
    expect(asked(2, keccak256(args))).to.equal(undefined);
    expect(asked(3, randomHex32(random))).to.equal(undefined);
    const refused = [
      asked(1),
      asked(2, keccak256(args), otherArgs),
      asked(2),
      asked(3, zeroHash),
      asked(0),
      asked(4),
      asked(255),
    ];
    expect(new Set(refused)).to.deep.equal(new Set(["ARGS_NOT_GRANTED"]));
    for (const empty of [new Uint8Array(), Uint8Array.of(0xa0, 0xa0), Uint8Array.of(0x80), Uint8Array.of(0xbf, 0xff)]) {
      expect(asked(1, zeroHash, empty), `args ${empty}`).to.equal("ARGS_NOT_GRANTED");
    }
  });

  it("behavior: output: class, schema, size and owners are limits", () => {
    for (let granted = 0; granted <= 4; granted++) {
      for (let asked = 0; asked <= 4; asked++) {
        const allowed = asked >= 1 && asked <= 3 && asked <= granted;
        const got = objection({ scope: { outputClass: granted }, spec: { outputClass: asked } });
        expect(got, `${asked} of ${granted}`).to.equal(allowed ? undefined : "OUTPUT_NOT_GRANTED");
      }
    }
    expect(objection({ spec: { outputSchemaHash: randomHex32(random) } })).to.equal("OUTPUT_NOT_GRANTED");
    expect(objection({ spec: { outputSchemaHash: zeroHash } })).to.equal("OUTPUT_NOT_GRANTED");
    expect(objection({ spec: { maxOutputBytes: 1_001 } })).to.equal("OUTPUT_NOT_GRANTED");
    expect(objection({ terms: { maxOutputBytes: 0n } })).to.equal("OUTPUT_NOT_GRANTED");
    expect(objection({ scope: { minOwners: 0 } }), "zero never means any").to.equal("OUTPUT_NOT_GRANTED");
    expect(objection({ scope: { minOwners: 2 }, owners: 1 })).to.equal("OUTPUT_NOT_GRANTED");
    expect(objection({ scope: { minOwners: 2 }, owners: 2 })).to.equal(undefined);
  });

  it("behavior: versions: exact, a range, and live, with a limit of its age and never without", () => {
    const version = (versionRule: number, from: bigint, to: bigint, got: bigint) =>
      objection({ scope: { versionRule, versionFrom: from, versionTo: to, maxAge: 0n }, input: { version: got } });
    for (const [got, exact, range] of [
      [2n, false, false],
      [3n, true, true],
      [5n, false, true],
      [6n, false, false],
    ] as const) {
      expect(version(1, 3n, 5n, got), `exact ${got}`).to.equal(exact ? undefined : "VERSION_NOT_GRANTED");
      expect(version(2, 3n, 5n, got), `range ${got}`).to.equal(range ? undefined : "VERSION_NOT_GRANTED");
      for (const rule of [0, 3, 4, 255])
        expect(version(rule, 0n, 9n, got), `rule ${rule}`).to.equal("VERSION_NOT_GRANTED");
    }
    expect(version(2, 5n, 3n, 4n), "an empty range").to.equal("VERSION_NOT_GRANTED");
    const live = (versionFrom: bigint, got: bigint) =>
      objection({ scope: { versionRule: 3, versionFrom, versionTo: 0n, maxAge: 60n }, input: { version: got } });
    expect(live(3n, 3n)).to.equal(undefined);
    expect(live(3n, 9n)).to.equal(undefined);
    expect(live(3n, 2n), "before the grant").to.equal("VERSION_NOT_GRANTED");
  });

  it(`behavior: a Scope and a job drawn at random never fit (seed ${seed})`, () => {
    for (let round = 0; round < 500; round++) {
      const check = createScopeCheck();
      const spec = {
        ...randomStruct("JobSpec", random),
        programId: random.pick([check.spec.programId, randomHex32(random)]),
      };
      expect(
        checkScope({ ...check, spec, input: { ...check.input, version: BigInt(random.integer(3)) } }),
      ).not.to.equal(undefined);
    }
  });
});
