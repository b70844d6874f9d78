import { join } from "node:path";
import { readProgram } from "../../node/src/cli/program/programFile.ts";
import { repositoryRoot } from "../../node/src/dev/repositoryRoot.ts";
import { filterPosts } from "../posts.ts";
import type { BenchProgram } from "./benchScene.ts";

/** Posts of an ordinary person in a year or two. A job's size is said where its figure is: of 96,000 an interpreter makes seconds. */
export const ordinaryRows = 1_000;

/** One program of each kind; those with code are the examples of `examples/programs`. */
export async function benchPrograms(): Promise<Readonly<Record<"sql" | "js" | "wasm", BenchProgram>>> {
  return {
    sql: { program: filterPosts },
    js: { ...(await example("hashtags")), args: { hashtags: ["#train", "#tea"] } },
    wasm: await example("wordCount"),
  };
}

async function example(name: string): Promise<BenchProgram> {
  const { manifest, code } = await readProgram(join(repositoryRoot, "examples/programs", name));
  return { program: manifest, code };
}
