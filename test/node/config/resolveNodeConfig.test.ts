import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { nodeSettings } from "../../../node/src/config/nodeSettings.ts";
import { redactConfig, redactUrl } from "../../../node/src/config/redactConfig.ts";
import { resolveNodeConfig } from "../../../node/src/config/resolveNodeConfig.ts";
import { expectError } from "../../helpers/errors.ts";

const secret = "s3cr3tApiKey";

describe("resolveNodeConfig", () => {
  let folder: string;
  let file: string;
  const required = {
    role: "worker",
    rpcUrl: "http://127.0.0.1:8545",
    deployment: "deployment.json",
    keystore: "keystore.json",
    passphraseFile: "passphrase",
    dataDir: "data",
    storeDir: "store",
    verifier: "0x0000000000000000000000000000000000000001",
  };
  const write = (value: object | string) =>
    writeFile(file, typeof value === "string" ? value : JSON.stringify(value, null, 2));

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "persona-config-"));
    file = join(folder, "config.json");
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("default: a flag goes before the environment, that before the file, that before a default", async () => {
    await write({ ...required, pollMs: 100, maxJobs: 3, confirmations: 1 });
    const { config, sources } = resolveNodeConfig({
      file,
      environment: { PERSONA_NODE_POLL_MS: "200", PERSONA_NODE_MAX_JOBS: "4", PATH: "/bin" },
      flags: { pollMs: "300" },
    });
    expect(config).to.include({ pollMs: 300, maxJobs: 4, confirmations: 1, stopSeconds: 30 });
    expect(sources).to.include({
      pollMs: "flag",
      maxJobs: "environment",
      confirmations: "file",
      stopSeconds: "default",
    });
    expect(sources).not.to.have.property("kuboUrl");
  });

  it("behavior: every setting can come from a flag and from the environment, without a file", () => {
    const text: Record<string, string> = {
      ...required,
      ...Object.fromEntries(
        nodeSettings()
          .filter(({ isRequired }) => !isRequired)
          .map(({ name, type, choices, names, preset }) => {
            if (name === "evidencePrivilegeLevel") return [name, "2"];
            if (name === "enclaveVsock") return [name, "3:5000"];
            if (name === "rpcWsUrl") return [name, "ws://127.0.0.1:4"];
            if (type === "integer" || type === "boolean") return [name, String(preset ?? 1)];
            if (choices !== undefined) return [name, choices[0] ?? ""];
            if (type === "list") return [name, "http://127.0.0.1:1,http://127.0.0.1:2"];
            return [name, names === "url" ? "http://127.0.0.1:3" : String(preset ?? "/x")];
          }),
      ),
    };
    const { config } = resolveNodeConfig({ flags: text });
    const environment = Object.fromEntries(nodeSettings().map(({ name, variable }) => [variable, text[name]]));
    expect(resolveNodeConfig({ environment }).config).to.deep.equal(config);
    expect(Object.keys(config)).to.have.members(nodeSettings().map(({ name }) => name));
    expect(config.rpcUrls).to.deep.equal(["http://127.0.0.1:1", "http://127.0.0.1:2"]);
  });

  it("behavior: paths of the file are relative to it, those of flags to where they were typed; lines of // are comments", async () => {
    await write(
      `// who we are\n${JSON.stringify({ ...required, stake: "0" }, null, 2).replace("{", '{\n  // a comment: { "}')}`,
    );
    const { config } = resolveNodeConfig({ file, flags: { storeDir: "here" } });
    expect(config.dataDir).to.equal(join(folder, "data"));
    expect(config.storeDir).to.equal(join(process.cwd(), "here"));
    expect(config.rpcUrl).to.equal(required.rpcUrl);
  });

  it("behavior: the environment names the file where no flag does", async () => {
    await write(required);
    expect(resolveNodeConfig({ environment: { PERSONA_NODE_CONFIG: file } }).config.role).to.equal("worker");
  });

  it("error: an unknown setting is refused, in the file and in the environment", async () => {
    await write({ ...required, passphrase: "hunter2" });
    await expectError("CONFIG_INVALID", () => resolveNodeConfig({ file }));
    await write(required);
    for (const name of ["PERSONA_NODE_RPCURL", "PERSONA_NODE_PASSPHRASE", "PERSONA_NODE_"])
      await expectError("CONFIG_INVALID", () => resolveNodeConfig({ file, environment: { [name]: "x" } }));
  });

  it("error: what is not of a setting's type is refused, wherever it comes from", async () => {
    await write(required);
    for (const flags of [
      { pollMs: "" },
      { pollMs: "0x10" },
      { pollMs: "1e3" },
      { pollMs: "9" },
      { gateway: "yes" },
      { role: "owner" },
      { rpcUrl: "nowhere" },
      { stake: "-1" },
    ])
      await expectError("CONFIG_INVALID", () => resolveNodeConfig({ file, flags }));
  });

  it("error: a URL that may hold a key comes from the file only, and the refusal does not print it", async () => {
    await write({ ...required, rpcUrl: `https://chain.example/v3/${secret}` });
    expect(resolveNodeConfig({ file }).config.rpcUrl).to.contain(secret);
    for (const url of [
      `https://chain.example/v3/${secret}`,
      `https://user:${secret}@chain.example`,
      `https://chain.example/?key=${secret}`,
      `https://a.example,https://chain.example/#${secret}`,
    ]) {
      const flags = url.includes(",") ? { rpcUrls: url } : { rpcUrl: url };
      const error = await expectError("CONFIG_INVALID", () => resolveNodeConfig({ file, flags }));
      expect(JSON.stringify(error) + error.message).not.to.contain(secret);
    }
  });

  it("behavior: what is logged has no secret", async () => {
    await write({
      ...required,
      rpcUrl: `https://chain.example:8443/v3/${secret}`,
      rpcUrls: [`https://u:${secret}@b.example`, "http://127.0.0.1:8545"],
      quorumUrls: [`https://c.example/?k=${secret}`],
      kuboUrl: `http://127.0.0.1:5001/${secret}`,
      evidencePath: `http://127.0.0.1:8090/${secret}`,
      passphraseFile: `${secret}/passphrase`,
    });
    const { config } = resolveNodeConfig({ file });
    const logged = redactConfig(config);
    expect(JSON.stringify(config)).to.contain(secret);
    expect(JSON.stringify(logged)).not.to.contain(secret);
    expect(logged.rpcUrl).to.equal("https://chain.example:8443/<set>");
    expect(logged.rpcUrls).to.deep.equal(["https://b.example/<set>", "http://127.0.0.1:8545"]);
    expect(logged.passphraseFile).to.equal("<set>");
    expect(redactUrl("nonsense")).to.equal("<set>");
  });
});
