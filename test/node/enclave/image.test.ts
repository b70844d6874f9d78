import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { repositoryRoot } from "../../../node/src/dev/repositoryRoot.ts";
import { parseEvidenceKind } from "../../../node/src/enclave/runtime/evidenceKind.ts";
import { bundleMains } from "../../../node/src/enclave/runtime/measuredBundle.ts";

const read = (path: string) => readFileSync(join(repositoryRoot, path), "utf8");

/** No container runtime builds them here: what they name must at least be there. */
describe("the enclave's image", () => {
  const dockerfile = read("node/enclave/Dockerfile");
  const compose = read("node/enclave/dstack-compose.yaml");
  const instructions = dockerfile
    .replace(/\\\n/g, " ")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));

  it("default: each line is an instruction, and each source that it copies exists", () => {
    for (const line of instructions)
      expect(line).to.match(/^(ARG|FROM|WORKDIR|COPY|RUN|USER|ENV|VOLUME|ENTRYPOINT) \S/);
    const copied = instructions.filter((line) => line.startsWith("COPY ") && !line.includes("--from="));
    expect(copied.length).to.be.greaterThan(3);
    for (const line of copied)
      for (const source of line.split(/\s+/).slice(1, -1))
        expect(existsSync(join(repositoryRoot, source)), line).to.equal(true);
    expect(existsSync(join(repositoryRoot, /node (?:--\S+ )*(\S+\.ts)/.exec(dockerfile)?.[1] ?? "none"))).to.equal(
      true,
    );
  });

  it("behavior: the Node of the project, the enclave's mains and kinds of evidence, and the flags of its own start", () => {
    const { devDependencies = {}, dependencies = {} } = JSON.parse(read("package.json"));
    const version: string = { ...devDependencies, ...dependencies }.node;
    expect(dockerfile).to.include(`NODE_IMAGE=node:${version}-`);
    const role = /^ENV PERSONA_ROLE=(\S+)$/m.exec(dockerfile)?.[1] ?? "";
    expect(Object.keys(bundleMains)).to.include(role);
    for (const text of [
      /^ENV PERSONA_EVIDENCE=(\S+)$/m.exec(dockerfile)?.[1],
      /PERSONA_EVIDENCE: (\S+)/.exec(compose)?.[1],
    ])
      expect(parseEvidenceKind(text ?? ""), text).to.not.equal(undefined);
    const entry = instructions.find((line) => line.startsWith("ENTRYPOINT ")) ?? "";
    const started = read("node/src/enclave/startEnclave.ts");
    for (const flag of entry.match(/--[a-z-]+/g) ?? []) expect(started, flag).to.include(flag);
    expect(JSON.parse(entry.slice("ENTRYPOINT ".length)).slice(0, 2)).to.deep.equal(["/bin/sh", "-c"]);
    // The folder that the image's one volume is, and the compose file's.
    const door = /^VOLUME (\S+)$/m.exec(dockerfile)?.[1] ?? "none";
    expect(entry).to.include(`${door}/enclave.sock`);
    expect(compose).to.include(`door:${door}`);
  });
});
