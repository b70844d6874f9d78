import { writeFile } from "node:fs/promises";
import { requireNewFile } from "../files.ts";
import { openPersona, type PersonaFlags, readLetters } from "../openPersona.ts";
import { parseAmount, parseList, parseWhole } from "../parse.ts";
import { readProgram } from "../program/programFile.ts";
import { show } from "../show.ts";

type Flags = PersonaFlags & {
  readonly program: string;
  readonly segments: string;
  readonly why: string;
  readonly uses: string;
  readonly expiresIn: string;
  readonly price: string;
  readonly out?: string;
};

/** `persona request make`: asks an owner for access, by a signature; the text is handed over. */
export async function requestMake(flags: Flags): Promise<void> {
  if (flags.out !== undefined) await requireNewFile(flags.out);
  const persona = await openPersona(flags);
  const text = await persona.requestAccess({
    program: (await readProgram(flags.program)).manifest,
    segments: parseList(flags.segments),
    why: flags.why,
    uses: parseWhole(flags.uses, "--uses", 1, 2 ** 32 - 1),
    expiresIn: flags.expiresIn,
    price: parseAmount(flags.price, "--price"),
  });
  if (flags.out !== undefined) await writeFile(flags.out, `${text}\n`, { flag: "wx" });
  show(flags.json, { request: text, file: flags.out ?? null }, [
    flags.out === undefined ? text : `request in ${flags.out}`,
  ]);
}

const maxLetters = 160 * 1_024;

/** `persona request show FILE`: who asks for what, with the signature checked, in harmless text. */
export async function requestShow(file: string, flags: PersonaFlags): Promise<void> {
  const persona = await openPersona(flags);
  const { request, app, text } = await persona.readAccessRequest(await readLetters(file, maxLetters));
  const { program, ...rest } = request;
  show(flags.json, { ...rest, program: program.name, app: app ?? null }, [text]);
}
