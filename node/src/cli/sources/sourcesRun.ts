import { resolve } from "node:path";
import { createWriterRunner } from "../../compute/writerRunner.ts";
import { readFolder } from "../../ingest/schedule/folderSource.ts";
import { startIngestor } from "../../ingest/schedule/startIngestor.ts";
import { createLogger } from "../../operations/createLogger.ts";
import { openPersona, type PersonaFlags, readGrantFile } from "../openPersona.ts";
import { parseWhole } from "../parse.ts";
import { aborted, untilStopped } from "../untilStopped.ts";
import { openWriterKey } from "./sourcesDelegate.ts";
import { openSchedule } from "./sourcesEdit.ts";

/** `persona sources run`: the ingestor, until Ctrl-C. Its log goes to stderr, stdout has one line. */
export async function sourcesRun(
  flags: PersonaFlags & { readonly dir: string; readonly writerPassphraseFile: string; readonly port?: string },
): Promise<void> {
  const signal = untilStopped();
  // The folder, if it is not there.
  (await openSchedule(flags.dir)).close();
  const { client, deployment, store } = await openPersona(flags);
  const runner = createWriterRunner(
    { client, deployment, store },
    {
      kinds: { folder: readFolder },
      keysOf: async ({ settings }) => ({
        grant: await readGrantFile(settings["grant"] ?? ""),
        recipient: await openWriterKey(settings["writerKeystore"] ?? "", flags.writerPassphraseFile),
      }),
    },
  );
  try {
    const port = flags.port === undefined ? undefined : parseWhole(flags.port, "--port", 0, 65_535);
    const ingestor = await startIngestor({
      ...{ dir: resolve(flags.dir), runner, port },
      log: createLogger({ role: "ingestor" }),
    });
    const facts = { role: "ingestor", account: client.account.address, port: ingestor.port ?? null, pid: process.pid };
    process.stdout.write(
      flags.json ? `${JSON.stringify(facts)}\n` : `the schedule runs as ${facts.account}. Ctrl-C stops it.\n`,
    );
    await Promise.race([aborted(signal), ingestor.ended]);
    await ingestor.stop();
  } finally {
    runner.close();
  }
}
