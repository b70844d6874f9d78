import { spawnSync } from "node:child_process";
import { expect } from "chai";

const module = new URL("../../../node/src/enclave/runtime/releaseMemory.ts", import.meta.url).href;

/** A program that leaves 40 MB of dead objects behind. @returns MiB of its heap, and the same a second later */
function heapOf(work: string): { readonly before: number; readonly after: number } {
  const script = `
    import { restingAfterWork } from ${JSON.stringify(module)};
    const worked = restingAfterWork(20);
    const heapMb = () => process.memoryUsage().heapTotal / 1_048_576;
    const litter = () => { for (let i = 0; i < 40; i++) globalThis.kept = Array.from({ length: 40_000 }, (_, n) => ({ n })); };
    ${work}`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--no-warnings", "--input-type=module", "-e", script], {
    encoding: "utf8",
  });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout);
}

const lookLater =
  "setTimeout(() => console.log(JSON.stringify({ before, after: heapMb() })), 400); delete globalThis.kept;";

describe("restingAfterWork", () => {
  it("default: gives back what work has left, without being asked again", () => {
    const { before, after } = heapOf(`litter(); worked(); const before = heapMb(); ${lookLater}`);
    expect(after).to.be.below(before / 2);
  });

  it("behavior: after each stretch of work", () => {
    const { before, after } = heapOf(`
      worked();
      await new Promise((resolve) => setTimeout(resolve, 100));
      litter(); worked(); const before = heapMb(); ${lookLater}`);
    expect(after).to.be.below(before / 2);
  });

  it("behavior: not while there is work", () => {
    const { before, after } = heapOf(`
      litter(); const before = heapMb();
      const working = setInterval(worked, 5);
      setTimeout(() => clearInterval(working), 395);
      ${lookLater}`);
    expect(after).to.be.above(before / 2);
  });
});
