import { resolve } from "node:path";
import { startWriterIngestor, writerKeyOf } from "../../compute/startWriterIngestor.ts";
import { attestedLevel } from "../../enclave/attestedLevel.ts";
import { saysOf } from "../../enclave/openEnclave.ts";
import { createAccountsOnDemand, openLiveAccounts } from "../../enclave/openLiveAccounts.ts";
import { createLogger } from "../../operations/createLogger.ts";
import { openPersona, type PersonaFlags } from "../openPersona.ts";
import { parseWhole } from "../parse.ts";
import { aborted, untilStopped } from "../untilStopped.ts";
import { openSchedule } from "./openSchedule.ts";

/** `persona sources run`: the ingestor, until Ctrl-C. Its log goes to stderr, stdout has one line. */
export async function sourcesRun(
  flags: PersonaFlags & { readonly dir: string; readonly writerPassphraseFile: string; readonly port?: string },
): Promise<void> {
  const signal = untilStopped();
  // The folder, if it is not there.
  (await openSchedule(flags.dir)).close();
  const { client, deployment, store } = await openPersona(flags);
  const dir = resolve(flags.dir);
  const writerPassphraseFile = resolve(flags.writerPassphraseFile);
  const log = createLogger({ role: "ingestor" });
  const recipientOf = writerKeyOf(writerPassphraseFile);
  const level = attestedLevel({ client, deployment });
  const ingestor = await startWriterIngestor(
    { client, deployment, store },
    {
      dir,
      writerPassphraseFile,
      port: flags.port === undefined ? undefined : parseWhole(flags.port, "--port", 0, 65_535),
      log,
      accounts: createAccountsOnDemand(() => openLiveAccounts({ dir, recipientOf, level, log: saysOf(log) })),
    },
  );
  const facts = { role: "ingestor", account: client.account.address, port: ingestor.port ?? null, pid: process.pid };
  process.stdout.write(
    flags.json ? `${JSON.stringify(facts)}\n` : `the schedule runs as ${facts.account}. Ctrl-C stops it.\n`,
  );
  await Promise.race([aborted(signal), ingestor.ended]).finally(() => ingestor.stop());
}
