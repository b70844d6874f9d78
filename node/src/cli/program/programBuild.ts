import { writeFile } from "node:fs/promises";
import { sha256Hex } from "@persona-protocol/sdk/crypto";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { jsonLine } from "../jsonLine.ts";
import { printable } from "../runCommand.ts";
import { type BuiltProgram, buildProgram, encodeProgramFile } from "./programFile.ts";

/** `persona program build FOLDER`: the same folder makes the same file and id anywhere. */
export async function programBuild(
  folder: string,
  flags: { readonly out?: string; readonly json: boolean },
): Promise<void> {
  const program = await buildProgram(folder);
  const out = flags.out ?? `${program.name}.program`;
  const bytes = encodeProgramFile(program);
  await writeFile(out, bytes, { flag: "wx" }).catch((cause: unknown) => {
    const isThere = cause instanceof Error && "code" in cause && cause.code === "EEXIST";
    const problem = isThere ? "is there already, and is not overwritten" : "cannot be written";
    throw new PersonaError("CONFIG_INVALID", `${out} ${problem}.`, { data: { path: out }, cause });
  });
  const said = { ...summaryOf(program), out, digest: sha256Hex(bytes), bytes: bytes.length };
  if (flags.json) process.stdout.write(jsonLine({ ok: true, ...said }));
  else process.stdout.write(`${tableOf(said)}\n`);
}

/** What names a program, for people and for `--json`. */
export const summaryOf = ({ manifest, programId, manifestCid, code }: BuiltProgram) => ({
  name: manifest.name,
  kind: manifest.kind,
  programId,
  manifestCid,
  codeCid: manifest.code,
  codeDigest: sha256Hex(code),
});

export function tableOf(lines: Readonly<Record<string, unknown>>): string {
  return Object.entries(lines)
    .map(([name, value]) => `${name.padEnd(12)} ${printable(String(value))}`)
    .join("\n");
}
