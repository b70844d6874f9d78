import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { accountSchema, writeParquet } from "@persona-protocol/sdk/ingest";
import { expect } from "chai";
import { temporaryFolder } from "../ingest/temporaryFolder.ts";
import { expectRefusal, runPersona } from "./persona.ts";

const schema = "persona:person@1";
const lines = '{"pseudonym":"p1","identity":""}\n{"pseudonym":"p2","identity":"\\u001b[31m=1+1"}\n';

describe("persona convert", function () {
  this.timeout(120_000); // a dozen processes
  const folder = temporaryFolder();
  let cwd: string;

  beforeEach(async () => {
    cwd = folder.path(`cwd-${Math.random()}`);
    await mkdir(cwd);
    await writeFile(`${cwd}/people.ndjson`, lines);
  });

  const run = (...args: readonly string[]) => runPersona(["convert", ...args], cwd);

  it("default: to a new file that only its owner reads, by Parquet and back", async () => {
    const { code, stdout, stderr } = await run("people.ndjson", "--schema", schema, "--to", "parquet", "--out", "p");
    expect(code, stderr).to.equal(0);
    expect(stdout).to.equal("");
    expect((await stat(`${cwd}/p`)).mode & 0o777).to.equal(0o600);
    const back = await run("p", "--schema", schema, "--to", "csv", "--out", "p.csv", "--json");
    expect(back.code, back.stderr).to.equal(0);
    expect(JSON.parse(back.stdout)).to.deep.equal({ ok: true, schema, from: "parquet", to: "csv", out: "p.csv" });
    expect(await readFile(`${cwd}/p.csv`, "utf8")).to.equal('pseudonym,identity\r\np1,""\r\np2,\u001b[31m=1+1\r\n');
    expect((await run("p.csv", "--schema", schema, "--to", "ndjson")).stdout).to.equal(lines);
  });

  it("error: never over another file, and nothing left of what fails", async () => {
    await writeFile(`${cwd}/there`, "mine");
    expectRefusal(await run("people.ndjson", "--schema", schema, "--to", "csv", "--out", "there"), "CONFIG_INVALID");
    expect(await readFile(`${cwd}/there`, "utf8")).to.equal("mine");
    await writeFile(`${cwd}/broken.ndjson`, `${lines}{"pseudonym":1}\n`);
    expectRefusal(await run("broken.ndjson", "--schema", schema, "--to", "csv", "--out", "new"), "EXPORT_INVALID");
    expect((await readdir(cwd)).sort()).to.deep.equal(["broken.ndjson", "people.ndjson", "there"]);
  });

  it("error: no such schema, format or file, records of another schema, a form that is not said", async () => {
    expectRefusal(await run("people.ndjson", "--schema", "persona:none@1", "--to", "csv"), "USAGE");
    expectRefusal(await run("people.ndjson", "--schema", schema, "--to", "xml"), "USAGE");
    expectRefusal(await run("people.ndjson", "--schema", schema, "--to", "csv", "--from", "xml"), "USAGE");
    expectRefusal(await run("none.csv", "--schema", schema, "--to", "csv"), "ARCHIVE_NOT_FOUND");
    expectRefusal(await run(".", "--schema", schema, "--to", "csv"), "ARCHIVE_NOT_FOUND");
    await writeFile(`${cwd}/data`, lines);
    expectRefusal(await run("data", "--schema", schema, "--to", "csv"), "USAGE");
    await writeFile(`${cwd}/accounts.parquet`, (await writeParquet(accountSchema, [])).bytes);
    expectRefusal(await run("accounts.parquet", "--schema", schema, "--to", "csv", "--out", "x"), "EXPORT_INVALID");
  });
});
