import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { readArtifact } from "../../node/src/deploy/artifacts.ts";
import type { ContractName } from "../../node/src/deploy/protocolContracts.ts";

const buildInfoSchema = z.looseObject({
  solcLongVersion: z.string(),
  input: z.looseObject({
    language: z.string(),
    settings: z.looseObject({
      evmVersion: z.string(),
      viaIR: z.boolean(),
      optimizer: z.looseObject({}),
      remappings: z.array(z.string()),
    }),
    sources: z.record(z.string(), z.object({ content: z.string() })),
  }),
});

export type CompilerInput = z.output<typeof buildInfoSchema>["input"];

/** The compiler, and all that it was given, for one contract: block explorers take the input as it is (standard JSON). */
export async function readBuild(
  root: string,
  name: ContractName,
): Promise<{ readonly compiler: string; readonly source: string; readonly input: CompilerInput }> {
  const { buildInfoId, inputSourceName } = await readArtifact(name);
  const text = await readFile(join(root, "artifacts/build-info", `${buildInfoId}.json`), "utf8");
  const { solcLongVersion, input } = buildInfoSchema.parse(JSON.parse(text));
  return { compiler: solcLongVersion, source: inputSourceName, input };
}

/** Of what decides on the bytecode: output selection and the sources' place on the disk do not. */
export function settingsHash({ settings: { evmVersion, viaIR, optimizer, remappings } }: CompilerInput): `0x${string}` {
  const settings = JSON.stringify({ evmVersion, viaIR, optimizer, remappings: [...remappings].sort() });
  return `0x${createHash("sha256").update(settings).digest("hex")}`;
}
