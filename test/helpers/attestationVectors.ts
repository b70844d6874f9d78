import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../../node/src/dev/repositoryRoot.ts";

/** Evidence of real hardware that lies beside the repository and is never copied into it. Origins: its README. */
const root = join(repositoryRoot, "../shared/vectors/attestation");

/** A test that needs some of it; where it is absent the test is skipped, with the reason in its title for the reporter. */
export function withVectors(path: string, title: string, test: () => void | Promise<void>): void {
  if (existsSync(join(root, path))) it(title, async () => test());
  else it.skip(`${title} (skipped: ../shared/vectors/attestation/${path} is not there)`, async () => {});
}

/** The bytes of a file; of `*.hex` those that its digits say. */
export function vectorBytes(path: string): Uint8Array {
  const bytes = readFileSync(join(root, path));
  return Uint8Array.from(path.endsWith(".hex") ? Buffer.from(bytes.toString("latin1").trim(), "hex") : bytes);
}

export function vectorText(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

export function vectorPath(path: string): string {
  return join(root, path);
}
