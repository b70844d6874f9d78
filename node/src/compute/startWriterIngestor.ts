import { readFile } from "node:fs/promises";
import { decodeGrantPackage, type GrantPackage } from "@persona-protocol/sdk/access";
import type { ChainClient, Deployment } from "@persona-protocol/sdk/contracts";
import { type KemKeyPair, zeroise } from "@persona-protocol/sdk/crypto";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { type BlobStore, openKeystore, ownerKemKeyPair } from "@persona-protocol/sdk/storage";
import type { Logger } from "pino";
import type { LiveAccounts } from "../enclave/liveAccounts.ts";
import { readFolder } from "../ingest/schedule/folderSource.ts";
import type { ScheduledSource } from "../ingest/schedule/scheduledSource.ts";
import { type Ingestor, startIngestor } from "../ingest/schedule/startIngestor.ts";
import { createWriterRunner } from "./writerRunner.ts";

/**
 * The schedule of a folder as the owners' writer, the client's account: exports that lie in folders, and accounts by an ingest enclave.
 * @param writerPassphraseFile of the keystores that sources name
 * @throws PersonaError NODE_RUNNING, JOURNAL_UNUSABLE, PORT_IN_USE
 */
export async function startWriterIngestor(
  context: { readonly client: ChainClient; readonly deployment: Deployment; readonly store: BlobStore },
  options: {
    readonly dir: string;
    readonly writerPassphraseFile: string;
    readonly port: number | undefined;
    readonly log: Pick<Logger, "info" | "warn" | "error">;
    /** They end with it. */
    readonly accounts: Pick<LiveAccounts, "kinds" | "tokens" | "stop">;
  },
): Promise<Ingestor> {
  const { dir, writerPassphraseFile, port, log, accounts } = options;
  const recipientOf = writerKeyOf(writerPassphraseFile);
  const runner = createWriterRunner(context, {
    kinds: { folder: readFolder, ...accounts.kinds },
    keysOf: async (source) => ({
      grant: await readGrant(source.settings["grant"] ?? ""),
      recipient: await recipientOf(source),
    }),
  });
  const close = async () => {
    runner.close();
    await accounts.stop();
  };
  try {
    const ingestor = await startIngestor({ dir, runner, tokens: accounts.tokens, port, log });
    return {
      ...ingestor,
      async stop() {
        try {
          await ingestor.stop();
        } finally {
          await close();
        }
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The key that a source's writer has, and that what an account brings is sealed to. */
export const writerKeyOf =
  (passphraseFile: string) =>
  async ({ settings }: Pick<ScheduledSource, "settings">): Promise<KemKeyPair> =>
    openWriterKey(settings["writerKeystore"] ?? "", passphraseFile);

/** A writer's key pair; the caller zeroises its private half. @throws PersonaError CONFIG_INVALID, KEYSTORE_* */
export async function openWriterKey(keystore: string, passphraseFile: string): Promise<KemKeyPair> {
  const passphrase = Buffer.from(await read(passphraseFile))
    .toString("utf8")
    .trimEnd();
  const { kind, secret } = await openKeystore(Buffer.from(await read(keystore)).toString("utf8"), passphrase);
  try {
    if (kind === "owner-root") return await ownerKemKeyPair(secret);
    throw new PersonaError("KEYSTORE_INVALID", "A writer's keystore is of the kind owner-root.", {
      data: { keystore },
    });
  } finally {
    zeroise(secret);
  }
}

const readGrant = async (file: string): Promise<GrantPackage> => decodeGrantPackage(await read(file));

const maxFileBytes = 64 * 1_024;

async function read(file: string): Promise<Uint8Array> {
  const bytes = await readFile(file).catch((cause) => {
    throw new PersonaError("CONFIG_INVALID", `${file} cannot be read.`, { data: { file }, cause });
  });
  if (bytes.length <= maxFileBytes) return new Uint8Array(bytes);
  throw new PersonaError("CONFIG_INVALID", `${file} is longer than what is expected there.`, { data: { file } });
}
