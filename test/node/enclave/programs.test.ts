import { spawnSync } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { sha256Hex } from "@persona-protocol/sdk/crypto";
import { expect } from "chai";
import { repositoryRoot } from "../../../node/src/dev/repositoryRoot.ts";

const folder = join(repositoryRoot, "examples/programs");
const command = [process.execPath, "--no-warnings", join(repositoryRoot, "node/src/cli/persona.ts"), "program", "test"];
/** Each example, with its arguments and what it says of the sample. */
const examples = {
  wordCount: { args: {}, says: { posts: 60, words: 1_396, meanLikesHundredths: 18_823 } },
  postLength: { args: {}, says: undefined },
  hashtags: { args: { hashtags: ["#train", "#Tea"] }, says: undefined },
  engagementByYear: { args: { threshold: 10 }, says: undefined },
} as const;
const canPin = spawnSync("taskset", ["--version"], { stdio: "ignore" }).status === 0 && availableParallelism() > 1;

/** One run in processes of its own. */
function run(name: string, args: object, prefix: readonly string[] = []): Record<string, unknown> {
  const data = join(folder, "posts.ndjson");
  const [program = "", ...rest] = [
    ...prefix,
    ...command,
    resolve(folder, name),
    "--data",
    data,
    "--json",
    "--args",
    JSON.stringify(args),
  ];
  const { stdout, stderr } = spawnSync(program, rest, { encoding: "utf8" });
  expect(stdout, stderr).to.match(/^\{.*\}\n$/);
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe("example programs", function () {
  this.timeout(240_000);

  for (const [name, { args, says }] of Object.entries(examples)) {
    it(`default: ${name}: one result digest in different processes${canPin ? ", on hosts of one core and of several" : " (skipped: other numbers of cores: no taskset, or one core)"}`, () => {
      const first = run(name, args);
      expect(first, JSON.stringify(first)).to.include({ ok: true, policy: "allowed" });
      if (says !== undefined) expect(first["result"]).to.deep.equal(says);
      const prefixes = canPin
        ? [
            ["taskset", "-c", "0"],
            ["env", "TZ=Asia/Kathmandu", "LC_ALL=tr_TR.UTF-8"],
          ]
        : [[]];
      for (const prefix of prefixes) {
        const again = run(name, args, prefix);
        expect(again["resultDigest"], prefix.join(" ")).to.equal(first["resultDigest"]);
        expect(again["fuelUsed"]).to.equal(first["fuelUsed"]);
      }
    });
  }

  it("default: the script of docs/programs.md, as it stands", async () => {
    const page = await readFile(join(repositoryRoot, "docs/programs.md"), "utf8");
    const [, code = ""] = /```js\n([\s\S]*?)```/.exec(page) ?? [];
    const scratch = await mkdtemp(join(tmpdir(), "persona-page-"));
    try {
      const manifest = JSON.parse(await readFile(join(folder, "hashtags/program.json"), "utf8")) as object;
      const longest = { type: "integer", minimum: 0 };
      const result = { type: "object", properties: { longest }, additionalProperties: false };
      const args = { type: "object", properties: {}, additionalProperties: false };
      await writeFile(join(scratch, "program.json"), JSON.stringify({ ...manifest, args, result, code: "longest.js" }));
      await writeFile(join(scratch, "longest.js"), code);
      const posts = (await readFile(join(folder, "posts.ndjson"), "utf8")).trim().split("\n");
      const lengths = posts.map((line) => (JSON.parse(line) as { content: string | null }).content?.length ?? 0);
      expect(run(scratch, {})).to.deep.include({
        ok: true,
        policy: "allowed",
        result: { longest: Math.max(...lengths) },
      });
    } finally {
      await rm(scratch, { recursive: true });
    }
  });

  it("behavior: stored modules are those of the page, and AssemblyScript's is what its source makes", async () => {
    const page = await readFile(join(folder, "README.md"), "utf8");
    for (const module of ["wordCount/wordCount.wasm", "postLength/postLength.wasm"])
      expect(page).to.include(sha256Hex(await readFile(join(folder, module))).slice(2));
    const scratch = await mkdtemp(join(tmpdir(), "persona-as-"));
    try {
      await copyFile(join(folder, "postLength/postLength.as"), join(scratch, "postLength.ts"));
      const asc = join(repositoryRoot, "node_modules/assemblyscript/bin/asc.js");
      const options = "--runtime stub -O2 --noAssert --use abort= --disable bulk-memory -o postLength.wasm".split(" ");
      const made = spawnSync(process.execPath, [asc, "postLength.ts", ...options], { cwd: scratch, encoding: "utf8" });
      expect(made.status, made.stderr).to.equal(0);
      const [mine, stored] = await Promise.all([
        readFile(join(scratch, "postLength.wasm")),
        readFile(join(folder, "postLength/postLength.wasm")),
      ]);
      expect(sha256Hex(mine)).to.equal(sha256Hex(stored));
    } finally {
      await rm(scratch, { recursive: true });
    }
  });
});
