import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { loadNodeConfig } from "../../../../node/src/config/resolveNodeConfig.ts";
import { openHostEvidence } from "../../../../node/src/enclave/evidence/openHostEvidence.ts";
import { expectError } from "../../../helpers/errors.ts";

describe("openHostEvidence", () => {
  const folder = mkdtempSync(join(tmpdir(), "persona-evidence-"));
  const helper = join(folder, "persona-nsm");
  before(() => writeFileSync(helper, ""));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const open = (settings: Partial<Parameters<typeof openHostEvidence>[0]>) =>
    openHostEvidence({
      evidence: "simulated",
      evidencePath: undefined,
      evidencePrivilegeLevel: undefined,
      ...settings,
    });

  it("default: nothing outside for the simulated TEE, and each platform by its name", () => {
    expect(open({})).to.equal(undefined);
    expect(open({ evidence: "configfs-tsm", evidencePrivilegeLevel: 2 })?.kind).to.equal("configfs-tsm");
    expect(open({ evidence: "dstack" })?.kind).to.equal("dstack");
    expect(open({ evidence: "dstack", evidencePath: "/run/tappd.sock" })?.kind).to.equal("dstack");
    expect(open({ evidence: "nitro", evidencePath: helper })?.kind).to.equal("nitro");
  });

  it("error: settings of another kind, and a helper that was not built", async () => {
    await expectError("CONFIG_INVALID", () => open({ evidencePath: "/run/dstack.sock" }));
    await expectError("CONFIG_INVALID", () => open({ evidencePrivilegeLevel: 0 }));
    await expectError("CONFIG_INVALID", () => open({ evidence: "dstack", evidencePrivilegeLevel: 0 }));
    await expectError("CONFIG_INVALID", () => open({ evidence: "nitro" }));
    await expectError("CONFIG_INVALID", () => open({ evidence: "nitro", evidencePath: join(folder, "none") }));
  });

  it("behavior: a path in a configuration is relative to its file, an URL is not; other kinds are refused", async () => {
    const base = { role: "worker", rpcUrl: "http://127.0.0.1:1", verifier: "0x", deployment: "d", keystore: "k" };
    const file = join(folder, "node.json");
    const load = (more: object) => {
      writeFileSync(file, JSON.stringify({ ...base, passphraseFile: "p", dataDir: "x", storeDir: "s", ...more }));
      return loadNodeConfig(file);
    };
    expect(load({})).to.include({ evidence: "simulated" });
    expect(load({}).evidencePath).to.equal(undefined);
    expect(load({ evidence: "nitro", evidencePath: "persona-nsm" }).evidencePath).to.equal(helper);
    const url = "http://127.0.0.1:8090";
    expect(load({ evidence: "dstack", evidencePath: url, quorumUrls: [url] })).to.deep.include({
      evidencePath: url,
      quorumUrls: [url],
    });
    await expectError("CONFIG_INVALID", () => load({ evidence: "tpm" }));
    await expectError("CONFIG_INVALID", () => load({ evidencePrivilegeLevel: 4 }));
  });
});
