import confirmPrompt from "@inquirer/confirm";
import passwordPrompt from "@inquirer/password";
import { PersonaError, printable } from "@persona-protocol/sdk/errors";
import { readPassphrase } from "./files.ts";

/** Questions go to stderr: stdout is the command's result. */
const onTerminal = { output: process.stderr };
const hasPerson = (): boolean => process.stdin.isTTY === true && process.stderr.isTTY === true;

/** A passphrase out of its file, else typed unseen. @throws PersonaError USAGE where there is neither file nor person */
export async function askPassphrase(file: string | undefined, what: string): Promise<string> {
  if (file !== undefined) return readPassphrase(file);
  if (!hasPerson()) throw new PersonaError("USAGE", "Nobody can be asked for the passphrase: say --passphrase-file.");
  return answered(() => passwordPrompt({ message: `Passphrase of the ${what} keystore` }, onTerminal));
}

/** The same for a keystore that is made now: typed twice, since nothing else would notice a slip. */
export async function askNewPassphrase(file: string | undefined, what: string): Promise<string> {
  const passphrase = await askPassphrase(file, `new ${what}`);
  if (file !== undefined) return passphrase;
  const again = await answered(() => passwordPrompt({ message: "The same again" }, onTerminal));
  if (again === passphrase && passphrase !== "") return passphrase;
  throw new PersonaError("USAGE", "The two passphrases differ, or are empty; nothing was made.");
}

/**
 * Asks before what cannot be undone. `--yes` answers for scripts.
 * @throws PersonaError USAGE where nobody can be asked, CANCELLED where the answer is no
 */
export async function confirm(what: string, { yes }: { readonly yes?: boolean | undefined }): Promise<void> {
  if (yes === true) return;
  if (!hasPerson()) throw new PersonaError("USAGE", `${what} To do it without being asked, say --yes.`);
  const agreed = await answered(() =>
    confirmPrompt(
      { message: `${printable(what, { maxLength: 2_000, lines: true })} Go on?`, default: false },
      onTerminal,
    ),
  );
  if (!agreed) throw new PersonaError("CANCELLED", "Nothing was done.");
}

async function answered<value>(question: () => Promise<value>): Promise<value> {
  try {
    return await question();
  } catch (cause) {
    throw new PersonaError("CANCELLED", "The question was not answered; nothing was done.", { cause });
  }
}
