import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  answerRecovery,
  backupOf,
  custodyOf,
  decodeRecoveryPacket,
  decodeRecoveryPlan,
  finishRecovery,
  planOnChain,
  readRecovery,
  requestRecovery,
  takeOverDataset,
  vetoRecovery,
} from "@persona-protocol/sdk/access";
import { zeroise } from "@persona-protocol/sdk/crypto";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { loadOwnerBackup, ownerKemKeyPair } from "@persona-protocol/sdk/storage";
import { type Address, type Hex, isHex, size, zeroHash } from "viem";
import { createLocalIpfs } from "../../storage/index.ts";
import { askNewPassphrase } from "../ask.ts";
import type { DatasetRecord } from "../datasetRecord.ts";
import { requireNewFile, writeNewFile } from "../files.ts";
import { createKeystore } from "../keystore.ts";
import { printable } from "../runCommand.ts";
import { encodeCarried, readCard, readCarried } from "./recoveryFiles.ts";
import {
  type AccountFlags,
  type ChainFlags,
  type KeyFlags,
  type OutputFlags,
  openRecoveryContext,
  openRootKey,
  parseAddress,
  parseCount,
  type RecoveryContext,
  tell,
} from "./recoveryFlags.ts";

type StepFlags = ChainFlags & AccountFlags & OutputFlags & { readonly owner: string };

const iso = (seconds: number) => new Date(seconds * 1_000).toISOString();

/** `persona recovery request`: by the second wallet, or by a person with its packet, for the owner's new device. */
export async function recoveryRequest(
  flags: StepFlags & { readonly device: string; readonly packet?: string },
): Promise<void> {
  const { keyId: deviceKeyId } = await readCard(flags.device);
  const { clients, deployment, account } = await openRecoveryContext(flags);
  const owner = parseAddress(flags.owner, "--owner");
  const plan =
    flags.packet === undefined
      ? undefined
      : planOnChain(decodeRecoveryPacket(await readCarried("packet", flags.packet)).plan);
  const wanted = plan === undefined ? { owner, deviceKeyId } : { owner, deviceKeyId, plan };
  const { ripeAt } = await requestRecovery({ client: clients[0], deployment }, wanted);
  tell(flags.json, { owner, requester: account.address, deviceKeyId, ripeAt }, [
    `asked as ${account.address} for ${owner}; it counts from ${iso(ripeAt)} on, unless vetoed`,
  ]);
}

/** `persona recovery veto`: by the owner or its second wallet. */
export async function recoveryVeto(flags: StepFlags & { readonly requester: string }): Promise<void> {
  const { clients, deployment } = await openRecoveryContext(flags);
  const ids = {
    owner: parseAddress(flags.owner, "--owner"),
    requester: parseAddress(flags.requester, "--requester"),
  };
  await vetoRecovery({ client: clients[0], deployment }, ids);
  tell(flags.json, ids, ["vetoed: it releases nothing, and who asked is barred under this custody"]);
}

/** `persona recovery status`: what the chain says of an owner, and of one request. */
export async function recoveryStatus(flags: StepFlags & { readonly requester?: string }): Promise<void> {
  const { clients, deployment, account } = await openRecoveryContext(flags);
  const owner = parseAddress(flags.owner, "--owner");
  const requester = flags.requester === undefined ? account.address : parseAddress(flags.requester, "--requester");
  const { number } = await clients[0].getBlock();
  const { custody, request } = await readRecovery(clients[0], deployment, { owner, requester }, number);
  tell(flags.json, { owner, requester, custody, request }, [
    `custody version ${custody.version}, delay ${custody.delay / 86_400} days, second wallet ${custody.secondWallet}`,
    `request of ${requester}: ${request.status}${request.status === "open" ? `, counts from ${iso(request.ripeAt)} on` : ""}`,
  ]);
}

/** `persona recovery approve`: a person seals its share to the new device, if the chain allows it. */
export async function recoveryApprove(
  flags: StepFlags &
    KeyFlags & {
      readonly packet: string;
      readonly requester: string;
      readonly device: string;
      readonly out: string;
      readonly confirmations: string;
    },
): Promise<void> {
  await requireNewFile(flags.out);
  const packet = await readCarried("packet", flags.packet);
  const { publicKey: devicePublicKey } = await readCard(flags.device);
  const { owner } = decodeRecoveryPlan(decodeRecoveryPacket(packet).plan);
  if (owner !== parseAddress(flags.owner, "--owner"))
    throw new PersonaError("RECOVERY_INVALID", "The packet is of another owner.", { data: { owner } });
  const requester = parseAddress(flags.requester, "--requester");
  const confirmations = BigInt(parseCount(flags.confirmations, "--confirmations", 0, 100_000));
  const { clients, deployment, account } = await openRecoveryContext(flags);
  const secret = await openRootKey(flags);
  const keyPair = await ownerKemKeyPair(secret);
  zeroise(secret);
  try {
    // A local chain's time is moved at will: it is not the world's.
    const local = deployment.chainId === 31_337 || deployment.chainId === 1_337;
    const now = local ? undefined : Math.floor(Date.now() / 1_000);
    const chain = { clients, deployment, confirmations, now };
    const answer = await answerRecovery(chain, { packet, keyPair, account, requester, devicePublicKey });
    await writeNewFile(flags.out, encodeCarried("answer", answer));
  } finally {
    zeroise(keyPair.privateKey);
  }
  tell(flags.json, { file: flags.out, requester }, [
    `share released to the new device: ${printable(flags.out)}. Hand it to the owner.`,
  ]);
}

/** `persona recovery finish`: the root key in a new keystore, and the datasets' records from the backup. */
export async function recoveryFinish(
  flags: StepFlags & {
    readonly requester: string;
    readonly answers: string;
    readonly device: string;
    readonly devicePassphraseFile?: string;
    readonly keystore: string;
    readonly passphraseFile?: string;
    readonly recordsDir: string;
  },
): Promise<void> {
  await requireNewFile(flags.keystore);
  const owner = parseAddress(flags.owner, "--owner");
  const requester = parseAddress(flags.requester, "--requester");
  const answers = await Promise.all(flags.answers.split(",").map((path) => readCarried("answer", path.trim())));
  const passphrase = await askNewPassphrase(flags.passphraseFile, "root key's");
  const context = await openRecoveryContext(flags);
  const secret = await openRootKey({ keystore: flags.device, passphraseFile: flags.devicePassphraseFile });
  const device = await ownerKemKeyPair(secret);
  zeroise(secret);
  const planHash = await planHashByAll(context, owner);
  const { rootKey, liars } = await finishRecovery({ planHash, answers, device, requester }).finally(() =>
    zeroise(device.privateKey),
  );
  try {
    await createKeystore({ kind: "owner-root", secret: rootKey, passphrase, out: flags.keystore });
    const records = await restoreRecords(context, owner, rootKey, flags.recordsDir);
    tell(flags.json, { keystore: flags.keystore, liars, records }, [
      `keystore ${printable(flags.keystore)} with the root key of ${owner}`,
      ...records.map((file) => `record ${printable(file)}`),
      ...liars.map((liar) => `${liar} gave a share that is not its own`),
    ]);
  } finally {
    zeroise(rootKey);
  }
}

/** `persona recovery records`: the records from the backup, with a root key that is there (from a kit, say). */
export async function recoveryRecords(flags: StepFlags & KeyFlags & { readonly recordsDir: string }): Promise<void> {
  const context = await openRecoveryContext(flags);
  const rootKey = await openRootKey(flags);
  try {
    const records = await restoreRecords(context, parseAddress(flags.owner, "--owner"), rootKey, flags.recordsDir);
    tell(
      flags.json,
      { records },
      records.map((file) => `record ${printable(file)}`),
    );
  } finally {
    zeroise(rootKey);
  }
}

/** `persona recovery take-over`: the second wallet becomes the owner of a dataset. */
export async function recoveryTakeOver(
  flags: ChainFlags & AccountFlags & OutputFlags & { readonly dataset: string },
): Promise<void> {
  const { dataset } = flags;
  if (!isHex(dataset) || size(dataset) !== 32)
    throw new PersonaError("USAGE", "--dataset takes a dataset's id.", { data: { got: dataset } });
  const { clients, deployment, account } = await openRecoveryContext(flags);
  await takeOverDataset({ client: clients[0], deployment }, dataset);
  tell(flags.json, { dataset, owner: account.address }, [`${account.address} owns ${dataset} now`]);
}

/**
 * One endpoint alone could name a plan of its own making, with people who answer for it: the root key of somebody else would be
 * taken for the owner's.
 */
async function planHashByAll({ clients, deployment }: RecoveryContext, owner: Address): Promise<Hex> {
  const [first, ...others] = await Promise.all(clients.map((client) => custodyOf(client, deployment, owner)));
  if (first === undefined || others.some(({ planHash }) => planHash !== first.planHash))
    throw new PersonaError("CHAIN_DISAGREES", "The endpoints name different recovery plans of the owner.", {
      data: { owner },
    });
  return first.planHash;
}

async function restoreRecords(
  { clients, deployment, storeDir }: RecoveryContext,
  owner: Address,
  rootKey: Uint8Array,
  folder: string,
): Promise<string[]> {
  const digest: Hex = await backupOf(clients[0], deployment, owner);
  if (digest === zeroHash) return [];
  const store = await createLocalIpfs({ path: storeDir });
  const text = new TextDecoder().decode(await loadOwnerBackup(store, rootKey, digest));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const files: string[] = [];
  for (const record of JSON.parse(text) as DatasetRecord[]) {
    // Ours, made under the root key; the id still must not be a path.
    const file = join(folder, `dataset-${record.dataset.datasetId.replaceAll(/[^0-9a-fx]/g, "")}.json`);
    await writeNewFile(file, `${JSON.stringify(record, null, 2)}\n`);
    files.push(file);
  }
  return files;
}
