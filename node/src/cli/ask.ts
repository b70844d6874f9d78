import confirmPrompt from "@inquirer/confirm";
import passwordPrompt from "@inquirer/password";
import { PersonaError } from "@persona-protocol/sdk/errors";
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

/**
 * Asks before what cannot be undone. `--yes` answers for scripts.
 * @throws PersonaError USAGE where nobody can be asked, CANCELLED where the answer is no
 */
export async function confirm(what: string, { yes }: { readonly yes?: boolean | undefined }): Promise<void> {
  if (yes === true) return;
  if (!hasPerson()) throw new PersonaError("USAGE", `${what} To do it without being asked, say --yes.`);
  const agreed = await answered(() => confirmPrompt({ message: `${what} Go on?`, default: false }, onTerminal));
  if (!agreed) throw new PersonaError("CANCELLED", "Nothing was done.");
}

async function answered<value>(question: () => Promise<value>): Promise<value> {
  try {
    return await question();
  } catch (cause) {
    throw new PersonaError("CANCELLED", "The question was not answered; nothing was done.", { cause });
  }
}
