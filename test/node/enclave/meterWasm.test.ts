import { isPersonaError } from "@persona-protocol/sdk/errors";
import { expect } from "chai";
import { fuelGlobal, meterWasm, stackGlobal } from "../../../node/src/enclave/runtime/sandbox/meterWasm.ts";
import { type WasmGlobal, wasm } from "../../../node/src/enclave/runtime/sandbox/platform.ts";
import { expectError } from "../../helpers/errors.ts";
import { createRandom, mutate, testSeed } from "../../helpers/random.ts";
import { resultAt, signed, wasmModule } from "../../helpers/wasmModule.ts";

const limits = { maxPages: 4 };
const [i32, i64, f64] = [0x7f, 0x7e, 0x7c];
const seed = testSeed();

async function endOf(module: Uint8Array, fuel = 1_000_000n, stack = 100_000n) {
  const { instance } = await wasm.instantiate(meterWasm(module, limits), {});
  const { exports } = instance;
  (exports[fuelGlobal] as WasmGlobal).value = fuel;
  (exports[stackGlobal] as WasmGlobal).value = stack;
  let value: unknown;
  try {
    value = (exports["persona_end"] as () => bigint)();
  } catch {
    value = "trap";
  }
  return { value, fuel: (exports[fuelGlobal] as WasmGlobal).value, stack: (exports[stackGlobal] as WasmGlobal).value };
}

/** local 0 counts down from `times`. */
const countdown = (times: bigint) => ({
  results: [i64],
  locals: [i32],
  body: [
    0x41,
    ...signed(times),
    0x21,
    0,
    0x03,
    0x40,
    0x20,
    0,
    0x41,
    1,
    0x6b,
    0x22,
    0,
    0x0d,
    0,
    0x0b,
    ...resultAt(16, 1),
  ],
});

describe("meterWasm", () => {
  it("default: fuel is used in proportion to the work, the same each time, and the stack is given back", async () => {
    const used = async (times: bigint) => 1_000_000n - (await endOf(wasmModule({ end: countdown(times) }))).fuel;
    const [ten, twenty, thirty] = [await used(10n), await used(20n), await used(30n)];
    expect(twenty - ten).to.equal(thirty - twenty);
    expect(twenty > ten).to.equal(true);
    expect(await used(10n)).to.equal(ten);
    expect((await endOf(wasmModule({ end: countdown(10n) }))).stack).to.equal(100_000n);
  });

  it("error: out of fuel or stack it traps, and says which", async () => {
    const loop = await endOf(wasmModule({ end: countdown(1_000_000n) }), 1_000n);
    expect(loop.value).to.equal("trap");
    expect(loop.fuel < 0n).to.equal(true);
    const recursion = await endOf(wasmModule({ end: { results: [i64], body: [0x10, 3] } }));
    expect(recursion.value).to.equal("trap");
    expect(recursion.stack < 0n).to.equal(true);
  });

  it("behavior: a return from inside of blocks gives the stack back", async () => {
    const body = [0x02, 0x40, 0x03, 0x40, ...resultAt(16, 1), 0x0f, 0x0b, 0x0b, 0x00];
    const { value, stack } = await endOf(wasmModule({ end: { results: [i64], body } }));
    expect(value).to.equal((16n << 32n) | 1n);
    expect(stack).to.equal(100_000n);
  });

  it("behavior: copy and fill cost what they move", async () => {
    const fill = (bytes: bigint) =>
      wasmModule({
        end: { results: [i64], body: [0x41, 0, 0x41, 0, 0x41, ...signed(bytes), 0xfc, 11, 0, ...resultAt(16, 1)] },
      });
    const [small, large] = [await endOf(fill(8n)), await endOf(fill(60_008n))];
    expect(small.fuel - large.fuel).to.equal(7_500n);
    expect((await endOf(fill(60_008n), 100n)).value).to.equal("trap");
  });

  it("behavior: every NaN has the canonical bits where they are seen", async () => {
    // A NaN with a payload and a sign, by reinterpretation of an integer, taken through a sum and looked at again.
    const odd = signed(BigInt.asIntN(64, 0xfff8_dead_beef_0001n));
    const body = [0x42, ...odd, 0xbf, 0x44, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0xa0, 0xbd];
    expect(BigInt.asUintN(64, (await endOf(wasmModule({ end: { results: [i64], body } }))).value as bigint)).to.equal(
      0x7ff8_0000_0000_0000n,
    );
    // By memory, and by copysign.
    const stored = [0x41, 0, 0x42, ...odd, 0xbf, 0x39, 3, 0, 0x41, 0, 0x29, 3, 0];
    expect((await endOf(wasmModule({ end: { results: [i64], body: stored } }))).value).to.equal(0x7ff8_0000_0000_0000n);
    const sign = [0x44, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0x42, ...odd, 0xbf, 0xa6, 0xbd];
    expect((await endOf(wasmModule({ end: { results: [i64], body: sign } }))).value).to.equal(0x3ff0_0000_0000_0000n);
  });

  it("behavior: memory ends at the limit, whatever the module says", async () => {
    const body = [0x41, 100, 0x40, 0, 0xac];
    expect((await endOf(wasmModule({ end: { results: [i64], body } }))).value).to.equal(-1n);
    expect((await endOf(wasmModule({ pages: [1, 1000], end: { results: [i64], body } }))).value).to.equal(-1n);
    await expectError("PROGRAM_INVALID", () => meterWasm(wasmModule({ pages: [5] }), limits));
  });

  it("error: PROGRAM_INVALID: imports, many locals, and what touches what is added", async () => {
    const invalid = [
      wasmModule({ imports: [["env", "f"]] }),
      wasmModule({ more: [{ locals: Array.from({ length: 1_025 }, () => f64), body: [] }] }),
      // The fuel, had it been there when the module was written.
      wasmModule({ end: { results: [i64], body: [0x23, 0] } }),
      wasmModule({ end: { results: [i64], body: [0x42, 127, 0x24, 0, ...resultAt(16, 1)] } }),
      wasmModule({ end: { results: [i64], body: [0x20, 0] } }),
      new Uint8Array(),
      new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]),
    ];
    for (const module of invalid) await expectError("PROGRAM_INVALID", () => meterWasm(module, limits));
  });

  it(`behavior: a changed module is refused, or metered to one that is valid, 2,000 times (seed ${seed})`, () => {
    const random = createRandom(seed);
    const module = wasmModule({ end: countdown(10n), more: [{ body: [0x03, 0x40, 0x0c, 0, 0x0b] }] });
    for (let i = 0; i < 2_000; i++) {
      const changed = mutate(module, random);
      try {
        expect(wasm.validate(meterWasm(changed, limits)), Buffer.from(changed).toString("hex")).to.equal(true);
      } catch (error) {
        if (!isPersonaError(error, "PROGRAM_INVALID")) throw error;
      }
    }
  });
});
