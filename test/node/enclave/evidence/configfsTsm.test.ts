import { setTimeout as sleep } from "node:timers/promises";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { expect } from "chai";
import { configfsTsm } from "../../../../node/src/enclave/evidence/configfsTsm.ts";
import { expectError } from "../../../helpers/errors.ts";
import { createRandom, testSeed } from "../../../helpers/random.ts";
import { Errno, type TsmKernel, tsmKernel } from "../../../helpers/tsmKernel.ts";

const random = createRandom(testSeed());
const reportData = random.bytes(64);

/** A TDX quote's outline: version, signed part with the report data at its place, length, that much signature data. */
function quote(version: 4 | 5, data: Uint8Array, authBytes = 4_300): Uint8Array {
  const signed = version === 4 ? 632 : 702;
  const bytes = random.bytes(signed + 4 + authBytes);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, version, true);
  if (version === 5) view.setUint32(50, 648, true);
  view.setUint32(signed, authBytes, true);
  bytes.set(data, version === 4 ? 568 : 574);
  return bytes;
}
const padded = (bytes: Uint8Array, length: number) => {
  const out = new Uint8Array(length);
  out.set(bytes);
  return out;
};
const snpReport = (data: Uint8Array) => {
  const bytes = random.bytes(0x4a0);
  bytes.set(data, 0x50);
  return bytes;
};

describe("configfsTsm", () => {
  let kernel: TsmKernel | undefined;
  afterEach(() => kernel?.close());
  const open = (options: Parameters<typeof tsmKernel>[0]) => {
    kernel = tsmKernel(options);
    return kernel;
  };
  const tdx = (options: Partial<Parameters<typeof tsmKernel>[0]> = {}) =>
    open({ provider: "tdx_guest", outblob: (data) => padded(quote(4, data), 8_192), ...options });
  const ask = ({ root, files }: TsmKernel, more: { privilegeLevel?: number; timeoutMs?: number } = {}) =>
    configfsTsm({ root, files, timeoutMs: 5_000, ...more }).quote(reportData);

  for (const version of [4, 5] as const) {
    it(`default: a TDX quote of version ${version}, without the kernel's padding, and its directory is gone`, async () => {
      const made: Uint8Array[] = [];
      const outblob = (data: Uint8Array) => {
        made.push(quote(version, data));
        return padded(made[0] ?? data, 8_192);
      };
      const tsm = tdx({ outblob });
      const { evidence, certificates } = await ask(tsm);
      expect(Buffer.from(evidence).equals(made[0] ?? reportData)).to.equal(true);
      expect(certificates).to.equal(undefined);
      expect(tsm.written.map(({ name }) => name)).to.deep.equal(["inblob"]);
      expect(Buffer.from(tsm.written[0]?.bytes ?? []).equals(reportData)).to.equal(true);
      expect(await tsm.reports()).to.equal(0);
    });
  }

  it("default: an SNP report at the privilege level asked for, with the host's certificates", async () => {
    const auxblob = random.bytes(3_000);
    const tsm = open({ provider: "sev_guest", outblob: snpReport, auxblob, floor: "1" });
    const { evidence, certificates } = await ask(tsm, { privilegeLevel: 2 });
    expect(Buffer.from(evidence.subarray(0x50, 0x90)).equals(reportData)).to.equal(true);
    expect(Buffer.from(certificates ?? []).equals(auxblob)).to.equal(true);
    expect(tsm.written.map(({ name }) => name)).to.deep.equal(["privlevel", "inblob"]);
    expect(new TextDecoder().decode(tsm.written[0]?.bytes)).to.equal("2");
  });

  it("behavior: no certificates where the host gave none", async () => {
    expect((await ask(open({ provider: "sev_guest", outblob: snpReport }))).certificates).to.equal(undefined);
  });

  it("behavior: a generation that counts over its end", async () => {
    const answer = await ask(tdx({ generation: (1n << 64n) - 1n }));
    expect(answer.evidence).to.have.lengthOf(632 + 4 + 4_300);
  });

  for (const code of ["EBUSY", "EWOULDBLOCK", "EAGAIN", "EINTR"]) {
    it(`behavior: ${code} is asked again, in a directory of its own`, async () => {
      let left = 2;
      const before = (operation: string, name: string) => {
        if (operation === "read" && name === "outblob" && left-- > 0) throw new Errno(code);
      };
      const tsm = tdx({ before });
      await ask(tsm);
      expect(tsm.written).to.have.lengthOf(3);
      expect(await tsm.reports()).to.equal(0);
    });
  }

  it("behavior: somebody who wrote between our write and our reading: asked again", async () => {
    let races = 2;
    const tsm = tdx({
      async before(operation, name, { bump }) {
        if (operation === "read" && name === "outblob" && races-- > 0) await bump();
      },
    });
    await ask(tsm);
    expect(tsm.written).to.have.lengthOf(3);
  });

  it("error: a generation that never fits ends with the time", async () => {
    const tsm = tdx({
      async before(operation, name, { bump }) {
        if (operation === "read" && name === "outblob") await bump();
      },
    });
    await expectError("EVIDENCE_UNAVAILABLE", () => ask(tsm, { timeoutMs: 200 }));
    // A try that was under way then ends by itself.
    while ((await tsm.reports()) > 0) await sleep(10);
  });

  it("error: a write that the kernel lost, of which configfs says nothing", async () => {
    const tsm = tdx();
    const files = { ...tsm.files, write: async () => {} };
    await expectError("EVIDENCE_UNAVAILABLE", () =>
      configfsTsm({ root: tsm.root, files, timeoutMs: 200 }).quote(reportData),
    );
  });

  it("error: a quoting service that does not answer", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const tsm = tdx({
      before: (operation, name) => (operation === "read" && name === "outblob" ? promise : undefined),
    });
    await expectError("EVIDENCE_UNAVAILABLE", () => ask(tsm, { timeoutMs: 100 }));
    resolve();
    // What waited in the kernel cleans up when it is let go.
    while ((await tsm.reports()) > 0) await new Promise((done) => setTimeout(done, 5));
  });

  for (const code of ["ENOENT", "ENXIO", "EACCES", "EFBIG", "EIO"]) {
    it(`error: ${code} is said at once`, async () => {
      let tries = 0;
      const before = (operation: string) => {
        if (operation !== "mkdir") return;
        tries += 1;
        throw new Errno(code);
      };
      const error = await ask(tdx({ before })).catch((caught: unknown) => caught);
      expect(error).to.be.instanceOf(PersonaError).and.to.include({ code: "EVIDENCE_UNAVAILABLE" });
      expect((error as PersonaError).data).to.include({ code });
      expect(tries).to.equal(1);
    });
  }

  it("error: no configfs-tsm on this machine's own file system", async () => {
    await expectError("EVIDENCE_UNAVAILABLE", () => configfsTsm({ root: "/no/such/report" }).quote(reportData));
  });

  const hostile: readonly [string, (data: Uint8Array) => Uint8Array][] = [
    ["empty", () => new Uint8Array()],
    ["cut off in its header", (data) => quote(4, data).slice(0, 40)],
    ["cut off in its signed part", (data) => quote(4, data).slice(0, 634)],
    ["one byte short", (data) => quote(4, data).slice(0, -1)],
    ["followed by a byte that is not zero", (data) => Uint8Array.of(...quote(4, data), 0, 0, 1)],
    ["of a version that is not known", (data) => quote(4, data).with(0, 3)],
    ["with a length beyond any quote", (data) => padded(quote(4, data), 30_000).with(633, 0xff)],
    ["of version 5 with a body beyond any quote", (data) => quote(5, data).with(53, 0xff)],
    ["longer than the kernel's limit", (data) => padded(quote(4, data), 32 * 1024 + 1)],
  ];
  for (const [name, outblob] of hostile) {
    it(`error: a TDX quote that is ${name}`, async () => {
      const tsm = tdx({ outblob });
      await expectError("EVIDENCE_UNAVAILABLE", () => ask(tsm));
      expect(await tsm.reports()).to.equal(0);
    });
  }

  for (const bytes of [0, 0x49f, 0x4a1]) {
    it(`error: an SNP report of ${bytes} bytes`, async () => {
      const tsm = open({ provider: "sev_guest", outblob: () => random.bytes(bytes) });
      await expectError("EVIDENCE_UNAVAILABLE", () => ask(tsm));
    });
  }

  it("error: a provider of another architecture, a floor above the level, a level that is none, report data of another length", async () => {
    await expectError("EVIDENCE_UNAVAILABLE", () => ask(open({ provider: "arm_cca_guest", outblob: snpReport })));
    kernel?.close();
    const floored = open({ provider: "sev_guest", outblob: snpReport, floor: "2" });
    await expectError("EVIDENCE_UNAVAILABLE", () => ask(floored, { privilegeLevel: 1 }));
    await expectError("EVIDENCE_UNAVAILABLE", () => ask(floored, { privilegeLevel: 4 }));
    expect(floored.written).to.have.lengthOf(0);
    await expectError("REQUEST_INVALID", () => configfsTsm({ root: floored.root }).quote(reportData.slice(1)));
  });
});
