import { encode } from "@ipld/dag-cbor";
import {
  decodeArgs,
  decodeProgram,
  decodeResult,
  encodeArgs,
  encodeProgram,
  encodeResult,
  grantedProgramOf,
  type InlineProgram,
  outputClassOf,
  outputSchemaHashOf,
  type ProgramArgs,
  programIdOf,
} from "@persona-protocol/sdk/compute";
import { OutputClass } from "@persona-protocol/sdk/contracts";
import { isPersonaError } from "@persona-protocol/sdk/errors";
import { encodeCbor } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import fc from "fast-check";
import { createManifest } from "../../helpers/builtPrograms.ts";
import { expectError } from "../../helpers/errors.ts";
import { createProgram, programOf } from "../../helpers/programs.ts";
import { createRandom, mutate, testSeed } from "../../helpers/random.ts";

const seed = testSeed();
const loneSurrogate = "\ud800";

/** What each type takes, and what it does not, at the edges where languages and encodings disagree. */
const values: Readonly<
  Record<InlineProgram["args"][number]["type"], { good: readonly unknown[]; bad: readonly unknown[] }>
> = {
  bigint: {
    good: [0, -1, 2 ** 53 - 1, -(2 ** 53 - 1), 2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n), 5n, 0n],
    bad: [
      2 ** 53,
      2 ** 63,
      1.5,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      2n ** 63n,
      -(2n ** 63n) - 1n,
      2n ** 64n,
      "1",
      true,
    ],
  },
  double: {
    good: [0, -1, 1.5, 2 ** 53, 2 ** 63, 2 ** 64, 1e308, -1e308, 5e-324, 0.1],
    bad: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1n, 2n ** 53n, "1.5", false],
  },
  varchar: {
    good: ["", "a", "\u0000", "😀", "é", "__proto__", "x".repeat(10_000)],
    bad: [loneSurrogate, `a${loneSurrogate}b`, "\udc00\ud800", 1, 1n, true],
  },
  boolean: { good: [true, false], bad: [0, 1, 0n, "true", ""] },
};
const never: readonly unknown[] = [undefined, [], {}, [1], new Uint8Array(1), () => 1, Symbol("x"), new Date(0)];
const types = Object.keys(values) as (keyof typeof values)[];

describe("encodeProgram and decodeProgram", () => {
  it("default: a program comes back, and its id is the hash of its bytes", () => {
    const program = createProgram();
    const { bytes, programId } = encodeProgram(program);
    expect(decodeProgram(bytes)).to.deep.equal(program);
    expect(programIdOf(bytes)).to.equal(programId);
    const reordered = Object.fromEntries(Object.entries(program).reverse()) as InlineProgram;
    expect(encodeProgram(reordered).programId).to.equal(programId);
  });

  it("behavior: whatever a person was shown or a limit that holds changes the id", () => {
    const program = createProgram();
    const others: Partial<InlineProgram>[] = [
      { name: "other" },
      { description: "other" },
      { statement: `${program.statement} ` },
      { tables: [{ table: "posts", schema: "persona:like@1" }] },
      { args: [{ name: "x", type: "bigint" }] },
      { result: { ...program.result, maxRows: 2 } },
      { limits: { ...program.limits, timeMs: 5_001 } },
      { limits: { ...program.limits, memoryMb: 257 } },
    ];
    const ids = [program, ...others.map((other) => createProgram(other))].map((one) => encodeProgram(one).programId);
    expect(new Set(ids).size).to.equal(ids.length);
  });

  it("behavior: the result's hash is of columns, types, nullability and rows, and of nothing else", () => {
    const program = programOf("bigint");
    const hash = outputSchemaHashOf(program);
    expect(outputSchemaHashOf({ ...program, statement: "SELECT 1", limits: { timeMs: 1, memoryMb: 16 } })).to.equal(
      hash,
    );
    for (const other of [
      programOf("double"),
      programOf("bigint", true),
      { ...program, result: { ...program.result, maxRows: 3 } },
    ]) {
      expect(outputSchemaHashOf(other)).not.to.equal(hash);
    }
  });

  it("behavior: figures about groups are what the runtime counts, of more than one record; all else may be the data", () => {
    const counting = "SELECT count(*)::BIGINT AS n FROM posts";
    const classOf = (groups?: { minRows: number; minOwners: number }) =>
      outputClassOf(createManifest("sql", counting, groups === undefined ? {} : { groups }).program);
    expect(classOf({ minRows: 2, minOwners: 1 })).to.equal(OutputClass.aggregate);
    expect(classOf({ minRows: 1, minOwners: 9 })).to.equal(OutputClass.bounded);
    expect(classOf()).to.equal(OutputClass.bounded);
    expect(outputClassOf(createManifest("js", "({})").program)).to.equal(OutputClass.bounded);
    expect(outputClassOf(createProgram())).to.equal(OutputClass.bounded);
    const { programId, outputClass, takesArgs } = grantedProgramOf(createProgram());
    expect([programId, outputClass, takesArgs]).to.deep.equal([encodeProgram(createProgram()).programId, 2, false]);
  });

  it("error: beyond a limit, or what no program holds", async () => {
    const column = { name: "n", type: "bigint", nullable: false };
    const bad: Record<string, unknown>[] = [
      { v: 2 },
      { kind: "wasm" },
      { name: "" },
      { name: "x".repeat(65) },
      { description: "x".repeat(1_001) },
      { statement: "" },
      { statement: "x".repeat(20_001) },
      { tables: [] },
      { tables: [{ table: 'posts"; DROP', schema: "" }] },
      { tables: Array.from({ length: 33 }, () => ({ table: "posts", schema: "" })) },
      { args: [{ name: "__proto__", type: "bigint" }] },
      { args: [{ name: "X", type: "bigint" }] },
      { args: [{ name: "x", type: "blob" }] },
      { result: { columns: [], maxRows: 1 } },
      { result: { columns: [column], maxRows: 0 } },
      { result: { columns: [column], maxRows: 100_001 } },
      { result: { columns: Array.from({ length: 65 }, (_, i) => ({ ...column, name: `c${i}` })), maxRows: 1 } },
      { limits: { timeMs: 0, memoryMb: 256 } },
      { limits: { timeMs: 600_001, memoryMb: 256 } },
      { limits: { timeMs: 1.5, memoryMb: 256 } },
      { limits: { timeMs: 1, memoryMb: 15 } },
      { limits: { timeMs: 1, memoryMb: 8_193 } },
      { more: 1 },
    ];
    for (const change of bad) {
      await expectError("PROGRAM_INVALID", () => encodeProgram({ ...createProgram(), ...change } as InlineProgram));
      await expectError("PROGRAM_INVALID", () => decodeProgram(encodeCbor({ ...createProgram(), ...change })));
    }
    await expectError("PROGRAM_INVALID", () => decodeProgram(new Uint8Array(64 * 1024 + 1)));
    await expectError("PROGRAM_INVALID", () => decodeProgram(new Uint8Array()));
  });

  it(`behavior: changed bytes are no program or one with another id, 2,000 times (seed ${seed})`, () => {
    const random = createRandom(seed);
    const { bytes, programId } = encodeProgram(createProgram({ args: [{ name: "x", type: "double" }] }));
    let accepted = 0;
    for (let round = 0; round < 2_000; round++) {
      const changed = mutate(bytes, random);
      if (Buffer.from(changed).equals(bytes)) continue;
      try {
        expect(encodeProgram(decodeProgram(changed)).programId)
          .to.equal(programIdOf(changed))
          .and.not.to.equal(programId);
        accepted += 1;
      } catch (error) {
        if (!isPersonaError(error, "PROGRAM_INVALID")) throw error;
      }
    }
    expect(accepted).to.be.greaterThan(0);
  });
});

describe("encodeArgs and decodeArgs", () => {
  for (const type of types) {
    it(`default: ${type}: what fits comes back`, () => {
      for (const x of values[type].good) {
        const bytes = encodeArgs(programOf(type), { x } as ProgramArgs);
        const { x: got } = decodeArgs(programOf(type), bytes);
        if (type === "bigint") expect(BigInt(got as bigint)).to.equal(BigInt(x as bigint));
        else expect(got).to.equal(x);
      }
    });

    it(`error: ${type}: what does not fit`, async () => {
      for (const x of [...values[type].bad, ...never, null]) {
        await expectError("ARGS_NOT_GRANTED", () => encodeArgs(programOf(type), { x } as unknown as ProgramArgs));
      }
    });
  }

  it("behavior: minus zero is zero", () => {
    for (const type of ["bigint", "double"] as const) {
      expect(encodeArgs(programOf(type), { x: -0 })).to.deep.equal(encodeArgs(programOf(type), { x: 0 }));
    }
  });

  it("behavior: one value has one encoding, whether number or bigint", () => {
    for (const x of [0, 7, -7, 2 ** 53 - 1]) {
      expect(encodeArgs(programOf("bigint"), { x: BigInt(x) })).to.deep.equal(encodeArgs(programOf("bigint"), { x }));
    }
  });

  it(`behavior: any argument that fits survives exactly (seed ${seed})`, () => {
    const integers = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    fc.assert(
      fc.property(
        integers,
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.string({ unit: "grapheme" }),
        (i, d, s) => {
          const program = createProgram({
            args: [
              { name: "i", type: "bigint" },
              { name: "d", type: "double" },
              { name: "s", type: "varchar" },
            ],
          });
          const back = decodeArgs(program, encodeArgs(program, { i, d, s }));
          expect(BigInt(back["i"] as bigint)).to.equal(i);
          expect(back["d"]).to.equal(d === 0 ? 0 : d);
          expect(back["s"]).to.equal(s);
        },
      ),
      { seed, numRuns: 300 },
    );
  });

  it("error: missing, unknown and inherited names", async () => {
    const program = programOf("bigint");
    await expectError("ARGS_NOT_GRANTED", () => encodeArgs(program, {}));
    await expectError("ARGS_NOT_GRANTED", () => encodeArgs(program, { x: 1, y: 2 }));
    await expectError("ARGS_NOT_GRANTED", () => encodeArgs(program, JSON.parse('{"x":1,"__proto__":2}')));
    await expectError("ARGS_NOT_GRANTED", () => encodeArgs(program, Object.create({ x: 1 })));
    const inherited = createProgram({ args: [{ name: "constructor", type: "varchar" }] });
    await expectError("ARGS_NOT_GRANTED", () => encodeArgs(inherited, {}));
    expect(
      decodeArgs(inherited, encodeArgs(inherited, { constructor: "c" } as unknown as ProgramArgs)),
    ).to.have.property("constructor", "c");
  });

  it("error: bytes that are not the canonical map of scalars", async () => {
    const program = programOf("bigint");
    const bad = [
      new Uint8Array(),
      Uint8Array.of(0xf6),
      Uint8Array.of(0x80),
      Uint8Array.of(0xa0, 0xa0),
      encode({ x: null }),
      encode({ x: [1] }),
      encode({ x: { x: 1 } }),
      encode({ x: 1, y: 1 }),
      Uint8Array.of(0xa1, 0x61, 0x78, 0x18, 0x01),
      Uint8Array.of(0xa1, 0x61, 0x78, 0xfb, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0),
      Uint8Array.of(0xa2, 0x61, 0x78, 0x01, 0x61, 0x78, 0x01),
    ];
    for (const bytes of bad) await expectError("ARGS_NOT_GRANTED", () => decodeArgs(program, bytes));
  });
});

describe("encodeResult and decodeResult", () => {
  for (const type of types) {
    it(`default: ${type}: rows come back`, () => {
      for (const x of values[type].good) {
        const [row] = decodeResult(programOf(type), encodeResult(programOf(type), [{ x } as never]));
        if (type === "bigint") expect(BigInt(row?.["x"] as bigint)).to.equal(BigInt(x as bigint));
        else expect(row).to.deep.equal({ x });
      }
    });

    it(`error: ${type}: a value of another type, and null where it may not be`, async () => {
      for (const x of [...values[type].bad, ...never, null]) {
        await expectError("OUTPUT_POLICY_VIOLATED", () => encodeResult(programOf(type), [{ x } as never]));
      }
      expect(decodeResult(programOf(type, true), encodeResult(programOf(type, true), [{ x: null }]))).to.deep.equal([
        { x: null },
      ]);
    });
  }

  it("behavior: as many rows as declared, and none", () => {
    const program = programOf("bigint");
    expect(decodeResult(program, encodeResult(program, []))).to.deep.equal([]);
    expect(decodeResult(program, encodeResult(program, [{ x: 1 }, { x: 2 }]))).to.deep.equal([{ x: 1 }, { x: 2 }]);
  });

  it("error: too many rows, columns beside the declared ones, rows that are none", async () => {
    const program = programOf("bigint");
    const bad: unknown[] = [
      [{ x: 1 }, { x: 2 }, { x: 3 }],
      [{ x: 1, y: 2 }],
      [{ y: 1 }],
      [{}],
      [JSON.parse('{"__proto__":1}')],
      [Object.create({ x: 1 })],
      [null],
      [[1]],
      [1],
      { length: 1, 0: { x: 1 } },
      "rows",
      null,
    ];
    for (const rows of bad) {
      await expectError("OUTPUT_POLICY_VIOLATED", () => encodeResult(program, rows as never));
    }
    const crossing = [
      [{ x: 1 }, { x: 2 }, { x: 3 }],
      [{ x: 1, y: 2 }],
      [{}],
      [null],
      [[1]],
      { x: 1 },
      "rows",
      null,
      [{ x: 1.5 }],
      [{ x: new Uint8Array(3) }],
    ];
    for (const rows of crossing) await expectError("OUTPUT_POLICY_VIOLATED", () => decodeResult(program, encode(rows)));
    await expectError("OUTPUT_POLICY_VIOLATED", () => decodeResult(program, new Uint8Array()));
    await expectError("OUTPUT_POLICY_VIOLATED", () => decodeResult(program, Uint8Array.of(0xff)));
  });
});
