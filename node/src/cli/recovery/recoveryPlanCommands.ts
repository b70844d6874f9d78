import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { cancelCustody, concludeCustody, makeRecoveryPlan, setBackup, setCustody } from "@persona-protocol/sdk/access";
import { zeroise } from "@persona-protocol/sdk/crypto";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { bodyForOwner, decodeKeyBoxBody, encodeKeyBoxBody, storeOwnerBackup } from "@persona-protocol/sdk/storage";
import { zeroAddress } from "viem";
import { createLocalIpfs } from "../../storage/index.ts";
import type { DatasetRecord } from "../datasetRecord.ts";
import { readSmallFile, requireNewFile, writeNewFile } from "../files.ts";
import { encodeCarried, readCard } from "./recoveryFiles.ts";
import {
  type AccountFlags,
  type ChainFlags,
  type KeyFlags,
  type OutputFlags,
  openRecoveryContext,
  openRootKey,
  parseAddress,
  parseCount,
  tell,
} from "./recoveryFlags.ts";

const maxRecordBytes = 32 * 2 ** 20;

/** `persona recovery plan`: names people and a second wallet, writes a packet for each person, and registers both on chain. */
export async function recoveryPlan(
  flags: ChainFlags &
    AccountFlags &
    KeyFlags &
    OutputFlags & {
      readonly people: string;
      readonly threshold: string;
      readonly delayDays: string;
      readonly secondWallet?: string;
      readonly outDir: string;
    },
): Promise<void> {
  const delay = parseCount(flags.delayDays, "--delay-days", 2, 60) * 86_400;
  const people = await Promise.all(flags.people.split(",").map((path) => readCard(path.trim())));
  const threshold = parseCount(flags.threshold, "--threshold", 2, Math.max(people.length, 2));
  const secondWallet =
    flags.secondWallet === undefined ? zeroAddress : parseAddress(flags.secondWallet, "--second-wallet");
  const { clients, deployment, account } = await openRecoveryContext(flags);
  await mkdir(flags.outDir, { recursive: true, mode: 0o700 });
  const files = people.map(({ address }) => join(flags.outDir, `packet-${address.toLowerCase()}.json`));
  for (const file of files) await requireNewFile(file);

  const rootKey = await openRootKey(flags);
  try {
    const { chainId, ownerKeys } = deployment;
    const plan = await makeRecoveryPlan({ chainId, ownerKeys, owner: account.address, rootKey, threshold, people });
    // The people have their packets before the chain says that they do.
    for (const [position, packet] of plan.packets.entries()) {
      await writeNewFile(files[position] ?? "", encodeCarried("packet", packet));
    }
    const { rootKeyId, planHash } = plan;
    const custody = { rootKeyId, planHash, secondWallet, delay };
    const { version, announced } = await setCustody({ client: clients[0], deployment }, custody);
    tell(flags.json, { version, announced, planHash, rootKeyId, packets: files }, [
      `${threshold} of ${people.length} people, delay ${flags.delayDays} days, second wallet ${secondWallet}`,
      announced
        ? "announced: after the present delay, `persona recovery conclude` makes it count"
        : "registered: it counts now",
      ...files.map((file) => `give to its person: ${file}`),
    ]);
  } finally {
    zeroise(rootKey);
  }
}

/** `persona recovery conclude` and `cancel`: the end of an announced change. */
export async function recoveryChange(
  flags: ChainFlags & AccountFlags & OutputFlags & { readonly owner: string },
  step: "conclude" | "cancel",
): Promise<void> {
  const { clients, deployment } = await openRecoveryContext(flags);
  const owner = parseAddress(flags.owner, "--owner");
  const run = step === "conclude" ? concludeCustody : cancelCustody;
  await run({ client: clients[0], deployment }, owner);
  tell(flags.json, { owner, step }, [step === "conclude" ? "the announced custody counts now" : "cancelled"]);
}

/** `persona recovery backup`: datasets' records, encrypted under the root key, into the store, their digest on chain. */
export async function recoveryBackup(
  flags: ChainFlags & AccountFlags & KeyFlags & OutputFlags & { readonly records: string },
): Promise<void> {
  const records = await Promise.all(flags.records.split(",").map((path) => readRecord(path.trim())));
  const { clients, deployment, storeDir } = await openRecoveryContext(flags);
  const rootKey = await openRootKey(flags);
  try {
    const store = await createLocalIpfs({ path: storeDir });
    const digest = await storeOwnerBackup(store, rootKey, new TextEncoder().encode(JSON.stringify(records)));
    await setBackup({ client: clients[0], deployment }, digest);
    tell(flags.json, { digest, records: records.length }, [`backup ${digest} of ${records.length} datasets`]);
  } finally {
    zeroise(rootKey);
  }
}

/** The shares of a record's KeyBox are the guardians' business: what the owner's key opens is enough. */
async function readRecord(path: string): Promise<DatasetRecord> {
  const invalid = (cause?: unknown) =>
    new PersonaError("CONFIG_INVALID", `${path} is not a dataset's record.`, { data: { path }, cause });
  const text = await readSmallFile(path, maxRecordBytes, "CONFIG_INVALID");
  try {
    const record = JSON.parse(text) as DatasetRecord;
    if (record.kind !== "persona-dataset" || record.v !== 1) throw invalid();
    const body = decodeKeyBoxBody(Uint8Array.from(Buffer.from(record.keyBox.body, "base64")));
    const own = Buffer.from(encodeKeyBoxBody(bodyForOwner(body))).toString("base64");
    return { ...record, keyBox: { ...record.keyBox, body: own } };
  } catch (cause) {
    throw cause instanceof PersonaError ? cause : invalid(cause);
  }
}
