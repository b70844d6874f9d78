import { PersonaError } from "@persona-protocol/sdk/errors";
import { expect } from "chai";
import { redactConfig } from "../../../node/src/config/redactConfig.ts";
import { createLogger } from "../../../node/src/operations/createLogger.ts";

/** What must not come out, in the shapes in which it would come in. */
const secrets = {
  privateKey: `0x${"c0ffee".repeat(11)}`.slice(0, 66),
  passphrase: "correct horse battery staple",
  plaintext: '{"text":"dinner with Ada"}',
  args: ["weight", "ada@example.org"],
  result: { rows: [["ada@example.org", 61.5]] },
};
const needles = ["c0ffee", "horse", "dinner", "ada@", "61.5", "weight"];

function lines(write: (log: ReturnType<typeof createLogger>) => void) {
  const out: string[] = [];
  const levels: string[] = [];
  write(
    createLogger({
      role: "worker",
      level: "debug",
      destination: { write: (line) => void out.push(line) },
      onLine: (level) => levels.push(level),
    }),
  );
  return { text: out.join(""), parsed: out.map((line): Record<string, unknown> => JSON.parse(line)), levels };
}

describe("createLogger", () => {
  it("default: JSON lines with what is on the list", () => {
    const { parsed, levels } = lines((log) => {
      log.info({ nodeId: 3, jobId: `0x${"ab".repeat(32)}`, outcome: "SETTLED", openUntil: 5n }, "job settled");
      log.warn("nothing beside it");
    });
    expect(parsed[0]).to.include({ level: "info", role: "worker", nodeId: 3, outcome: "SETTLED", openUntil: "5" });
    expect(parsed[0]).to.include({ msg: "job settled", pid: process.pid }).and.not.property("withheld");
    expect(parsed[1]).to.include({ level: "warn", msg: "nothing beside it" });
    expect(levels).to.deep.equal(["info", "warn"]);
  });

  it("behavior: keys, plaintext, arguments and results never print, by whatever way they come", () => {
    const error = new Error(`failed on ${secrets.plaintext} ${secrets.privateKey}`);
    const ours = new PersonaError("STORE_FAILED", secrets.passphrase, {
      cause: error,
      data: { key: secrets.privateKey },
    });
    const { text, parsed } = lines((log) => {
      log.info(secrets, "fields that nobody has listed");
      log.info({ nested: secrets, jobs: secrets, config: secrets, sources: { a: secrets } }, "inside others");
      log.info({ [secrets.passphrase]: 1 }, "as a name");
      log.info({ code: secrets.plaintext, why: secrets.plaintext, jobId: secrets.passphrase }, "under a listed name");
      log.error(error, "an error");
      log.error(ours);
      log.error({ err: error, error }, "as fields");
      log.info("an argument of a format: %s %o", secrets.plaintext, secrets);
      log.child(secrets).info({ nodeId: 1 }, "bound to a child");
      log
        .child({ nodeId: 2 }, { serializers: { x: String } })
        .info({ x: secrets.plaintext, toJSON: () => secrets }, "own");
      log.info({ __proto__: secrets, constructor: secrets, hasOwnProperty: secrets } as object, "names of objects");
    });
    for (const needle of needles) expect(text, needle).not.to.contain(needle);
    expect(parsed).to.have.length(11);
    expect(parsed[0]).to.include({ withheld: 5 });
    expect(parsed[5]).to.include({ code: "STORE_FAILED" });
    expect(parsed[6]).to.include({ code: "INTERNAL" });
  });

  it("behavior: a configuration prints only once its secrets are taken out", () => {
    const config = { rpcUrl: `https://chain.example/${secrets.passphrase.replaceAll(" ", "")}`, pollMs: 50 };
    const redacted = redactConfig(config as Parameters<typeof redactConfig>[0]);
    const { parsed, text } = lines((log) => {
      log.info({ config }, "raw");
      log.info({ config: redacted, sources: { pollMs: "file" } }, "configuration");
    });
    expect(parsed[0]).to.not.have.property("config");
    expect(parsed[1]?.["config"]).to.deep.equal({ rpcUrl: "https://chain.example/<set>", pollMs: 50 });
    expect(text).not.to.contain("horse");
  });
});
