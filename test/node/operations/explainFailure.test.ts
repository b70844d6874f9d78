import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import { expect } from "chai";
import { createPublicClient, http } from "viem";
import { repositoryRoot } from "../../../node/src/dev/repositoryRoot.ts";
import { explainFailure } from "../../../node/src/operations/explainFailure.ts";

async function thrownBy(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error("it was to fail");
}

/** As the admin socket says of whatever keeps it from opening. */
function asSetting(work: () => void): void {
  try {
    work();
  } catch (cause) {
    throw new PersonaError("CONFIG_INVALID", "It cannot be opened.", { cause });
  }
}

describe("explainFailure", () => {
  it("default: what passes by itself is 75: an endpoint that is away, a full disk, a full database", async () => {
    const away = createPublicClient({ transport: http("http://127.0.0.1:1", { retryCount: 0 }) });
    const db = new DatabaseSync(":memory:");
    db.exec("CREATE TABLE t (x BLOB); PRAGMA max_page_count = 3");
    const cases = [
      ["CHAIN_UNREACHABLE", () => away.getBlockNumber()],
      ["DATA_DIR_UNWRITABLE", () => writeFileSync("/dev/full", "x")],
      ["DATA_DIR_UNWRITABLE", () => db.exec("INSERT INTO t VALUES (randomblob(100000))")],
      ["DATA_DIR_UNWRITABLE", () => asSetting(() => writeFileSync("/dev/full", "x"))],
      ["DATA_DIR_UNWRITABLE", () => asSetting(() => db.exec("INSERT INTO t VALUES (randomblob(100000))"))],
    ] as const;
    for (const [code, work] of cases) {
      const error = await explainFailure(await thrownBy(work));
      expect(isPersonaError(error, code), code).to.equal(true);
      expect((error as PersonaError).exitCode).to.equal(75);
    }
    db.close();
  });

  it("behavior: what is explained, and what nobody knows, stays what it is", async () => {
    const known = new PersonaError("CONFIG_INVALID", "No.");
    const unknown = new TypeError("undefined is not a function");
    expect(await explainFailure(known)).to.equal(known);
    const elsewhere = await thrownBy(() => asSetting(() => new DatabaseSync("/nowhere/x.sqlite")));
    expect(await explainFailure(elsewhere)).to.equal(elsewhere);
    expect(await explainFailure(unknown)).to.equal(unknown);
  });
});

describe("endOnCrash", function () {
  this.timeout(60_000);
  const endsBy = (throwing: string) =>
    spawnSync(
      process.execPath,
      [
        "--no-warnings",
        "--input-type=module",
        "-e",
        `const { endOnCrash } = await import(${JSON.stringify(join(repositoryRoot, "node/src/operations/explainFailure.ts"))});
         endOnCrash({ error() {} });
         ${throwing}`,
      ],
      { encoding: "utf8" },
    );

  it("default: what nobody catches ends the daemon so that it is started again, and quotes nothing", () => {
    for (const throwing of [
      "setTimeout(() => { throw new TypeError('a secret') });",
      "void Promise.reject(new TypeError('a secret'));",
    ]) {
      const { status, stderr } = endsBy(throwing);
      expect(status).to.equal(75);
      expect(stderr).to.contain("NODE_CRASHED").and.not.to.contain("a secret");
    }
  });
});
