import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { repositoryRoot } from "../../../node/src/dev/repositoryRoot.ts";
import { createLocalIpfs } from "../../../node/src/storage/index.ts";
import { temporaryFolder } from "../ingest/temporaryFolder.ts";
import { expectRefusal, runPersona } from "./persona.ts";

const examples = join(repositoryRoot, "examples/programs");
const sample = join(examples, "posts.ndjson");

describe("persona program", function () {
  this.timeout(240_000); // a dozen processes
  const folder = temporaryFolder();
  const run = (...args: readonly string[]) => runPersona(["program", ...args], folder.path("."));

  it("default: builds a file, the same each time, tries it, and publishes manifest and code", async () => {
    const [first, second] = await Promise.all(
      ["a", "b"].map((name) => run("build", join(examples, "hashtags"), "--out", name, "--json")),
    );
    expect(first?.code, first?.stderr).to.equal(0);
    const built = JSON.parse(first?.stdout ?? "") as Record<string, string>;
    expect(built).to.deep.equal({ ...(JSON.parse(second?.stdout ?? "") as object), out: "a" });
    expect(await readFile(folder.path("a"))).to.deep.equal(await readFile(folder.path("b")));

    const args = JSON.stringify({ hashtags: ["#train"] });
    const tried = await run("test", "a", "--data", `posts=${sample}`, "--args", args, "--json");
    expect(tried.code, tried.stderr).to.equal(0);
    const said = JSON.parse(tried.stdout) as Record<string, unknown>;
    expect(said).to.include({ ok: true, policy: "allowed", programId: built["programId"] });
    expect(said["result"]).to.deep.equal([{ hashtag: "#train", posts: 183 }]);
    expect(said["ms"]).to.be.a("number");
    expect(said["memoryMb"]).to.be.a("number").greaterThan(1);

    const network = folder.path("network");
    await mkdir(join(network, "ipfs"), { recursive: true });
    const published = await run("publish", "a", "--network", network, "--json");
    expect(published.code, published.stderr).to.equal(0);
    const store = await createLocalIpfs({ path: join(network, "ipfs") });
    for (const cid of [built["manifestCid"], built["codeCid"]])
      expect((await store.getBlock(cid ?? "")).length).to.be.greaterThan(0);
  });

  it("behavior: what the policy stops says so, and ends with 2", async () => {
    const query = [
      "test",
      join(examples, "engagementByYear"),
      "--data",
      sample,
      "--args",
      '{"threshold":10}',
      "--json",
    ];
    const stopped = await run(...query, "--min-owners", "2");
    expect(stopped.code).to.equal(2);
    expect(JSON.parse(stopped.stdout)).to.include({
      ok: false,
      policy: "stopped",
      failure: "OUTPUT_POLICY_VIOLATED",
      failureCode: 19,
    });
    const two = await run(...query, "--min-owners", "2", "--data", sample);
    expect(JSON.parse(two.stdout)).to.include({ ok: true, policy: "allowed" });
    const small = await run(...query, "--max-output-bytes", "1150");
    expect(JSON.parse(small.stdout)).to.include({ ok: false, failure: "OUTPUT_TOO_LARGE", failureCode: 18 });
  });

  it("error: no program, no data, no place, nothing over another file", async () => {
    await writeFile(folder.path("there"), "mine");
    expectRefusal(await run("build", join(examples, "wordCount"), "--out", "there"), "CONFIG_INVALID");
    expect(await readFile(folder.path("there"), "utf8")).to.equal("mine");
    expectRefusal(await run("build", "none"), "CONFIG_INVALID");
    expectRefusal(await run("test", "there", "--data", sample), "PROGRAM_INVALID");
    expectRefusal(await run("test", join(examples, "wordCount")), "USAGE");
    expectRefusal(await run("test", join(examples, "wordCount"), "--data", "none.ndjson"), "CONFIG_INVALID");
    expectRefusal(await run("test", join(examples, "wordCount"), "--data", sample, "--args", "{"), "USAGE");
    expectRefusal(await run("publish", join(examples, "wordCount")), "USAGE");
  });
});
