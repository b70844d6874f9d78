import { spawnSync } from "node:child_process";
import { expect } from "chai";

const module = new URL("../../../node/src/enclave/runtime/releaseMemory.ts", import.meta.url).href;

/** A program that leaves 40 MB of dead objects behind. @returns MiB of its heap, and the same a second later */
function heapOf(work: string, options = "{ afterMs: 20 }"): { readonly before: number; readonly after: number } {
  const script = `
    import { restingAfterWork } from ${JSON.stringify(module)};
    const worked = restingAfterWork(${options});
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
    const work = `
      litter(); const before = heapMb();
      setInterval(worked, 5).unref(); delete globalThis.kept;
      setTimeout(() => console.log(JSON.stringify({ before, after: heapMb() })), 2_500);`;
    const { before, after } = heapOf(work, "{ afterMs: 2_000 }");
    expect(after).to.be.above(before / 2);
  });

  it("behavior: where work never ends, once in a while", () => {
    const work = `litter(); const before = heapMb(); setInterval(worked, 5).unref(); ${lookLater}`;
    const { before, after } = heapOf(work, "{ everyMs: 100 }");
    expect(after).to.be.below(before / 2);
  });
});
