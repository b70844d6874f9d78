import { mkdir, mkdtemp, readFile, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { zeroHash } from "viem";
import { openGuardianFiles } from "../../../node/src/access/guardianFiles.ts";
import { expectError } from "../../helpers/errors.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomHex32 } from "../../helpers/structs.ts";

const random = createRandom(testSeed());

describe("openGuardianFiles", () => {
  let folder: string;
  let file: string;
  let said: object[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "persona-guardian-"));
    file = join(folder, "access-log.jsonl");
    said = [];
  });
  afterEach(() => rm(folder, { recursive: true }));

  const files = () => openGuardianFiles(folder, { warn: (data: object) => void said.push(data) });
  const entry = () => ({ jobId: randomHex32(random), reason: 3, head: randomHex32(random) });

  it("default: the head of the last line, and none for no log or an empty one", async () => {
    expect(await (await files()).logHead()).to.equal(zeroHash);
    await writeFile(file, "");
    expect(await (await files()).logHead()).to.equal(zeroHash);
    for (let i = 0; i < 60; i++) {
      const line = entry();
      await (await files()).appendLog(line);
      expect(await (await files()).logHead()).to.equal(line.head);
    }
    expect((await stat(file)).size).to.be.greaterThan(8_000);
    expect(said).to.deep.equal([]);
  });

  it("behavior: a torn last line is taken off, and the log goes on after the line before", async () => {
    const [first, second] = [entry(), entry()];
    const whole = `${JSON.stringify(first)}\n`;
    const next = `${JSON.stringify(second)}\n`;
    for (let length = 1; length < next.length; length += 13) {
      await writeFile(file, whole + next.slice(0, length));
      const opened = await files();
      expect(await opened.logHead()).to.equal(first.head);
      await opened.appendLog(second);
      expect(await readFile(file, "utf8")).to.equal(whole + next);
      expect(said.pop()).to.deep.equal({ file, cutBytes: length });
    }
    await writeFile(file, next.slice(0, 20));
    expect(await (await files()).logHead()).to.equal(zeroHash);
    expect(await readFile(file, "utf8")).to.equal("");
  });

  it("error: CONFIG_INVALID: a last line that no guardian has written; the file stays as it is", async () => {
    for (const text of ["x\n", "\n", "null\n", '{"head":"0x12"}\n', `${"x".repeat(10_000)}\n`, "x".repeat(10_000)]) {
      await writeFile(file, text);
      if (text === "\n") expect(await (await files()).logHead()).to.equal(zeroHash);
      else await expectError("CONFIG_INVALID", async () => (await files()).logHead());
      expect(await readFile(file, "utf8")).to.equal(text);
    }
  });

  it("behavior: a line that could not be written leaves nothing that spoils the next", async () => {
    const opened = await files();
    await mkdir(file);
    const failed = await opened.appendLog(entry()).then(
      () => false,
      () => true,
    );
    expect(failed).to.equal(true);
    await rmdir(file);
    const whole = `${JSON.stringify(entry())}\n`;
    await writeFile(file, `${whole}{"jobId":"0x`);
    const last = entry();
    await opened.appendLog(last);
    expect(await readFile(file, "utf8")).to.equal(`${whole}${JSON.stringify(last)}\n`);
  });
});
