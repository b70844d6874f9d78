/** Evidence made by real hardware that lies beside the repository and is never copied into it. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../../node/src/dev/repositoryRoot.ts";

const root = join(repositoryRoot, "../shared/vectors/attestation");

export const readVector = (path: string): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(readFileSync(join(root, path)));
  return path.endsWith(".hex") ? new Uint8Array(Buffer.from(Buffer.from(bytes).toString().trim(), "hex")) : bytes;
};

/** A table of expected fields or verdicts. */
export const readVectorTable = (path: string): readonly Readonly<Record<string, unknown>>[] =>
  JSON.parse(readFileSync(join(root, path), "utf8"));

/** A test that needs files of real hardware; skipped, and said so, where they are not. */
export function withVector(path: string, title: string, test: () => Promise<void>): void {
  if (existsSync(join(root, path))) it(title, test);
  else it.skip(`${title} (skipped: ../shared/vectors/attestation/${path} is not there)`, test);
}
