import { constants } from "node:fs";
import { open } from "node:fs/promises";
import {
  decodeGrantPackage,
  decodeRecoveryPacket,
  type GrantPackage,
  type Readers,
  type RootKeyHolders,
  whoCanRead,
} from "@persona-protocol/sdk/access";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { harmlessJson } from "./jsonLine.ts";
import { openRecord, type RecordFlags } from "./openRecord.ts";
import { readCarried } from "./recovery/recoveryFiles.ts";
import { printable } from "./runCommand.ts";

const maxGrantBytes = 64 * 1_024;

/** `persona who RECORD`: who could read this now, alone or together; with a grant's file, also what signing it would add. */
export async function who(
  file: string,
  flags: Pick<RecordFlags, "network" | "rpc"> & {
    readonly segment?: string;
    readonly withGrant?: string;
    readonly packet?: string;
    readonly json: boolean;
  },
): Promise<void> {
  const { dataset, client, deployment } = await openRecord(file, {
    network: flags.network,
    ...(flags.rpc === undefined ? {} : { rpc: flags.rpc }),
  });
  const segment = flags.segment === undefined ? undefined : indexOf(dataset.segments, flags.segment);
  const withGrant = flags.withGrant === undefined ? undefined : await readGrant(flags.withGrant);
  const recoveryPlan =
    flags.packet === undefined ? undefined : decodeRecoveryPacket(await readCarried("packet", flags.packet)).plan;
  const { datasetId, guardians, threshold } = dataset;
  const readers = await whoCanRead(
    { client, deployment },
    {
      datasetId,
      guardians,
      threshold,
      ...(segment === undefined ? {} : { segment }),
      ...(withGrant === undefined ? {} : { withGrant }),
      ...(recoveryPlan === undefined ? {} : { recoveryPlan }),
    },
  );
  const text = flags.json ? harmlessJson(toJson(readers)) : printable(describe(readers));
  process.stdout.write(`${text}\n`);
}

function indexOf(segments: readonly { readonly index: number; readonly name: string }[], name: string): number {
  const found = segments.find((segment) => segment.name === name);
  if (found !== undefined) return found.index;
  throw new PersonaError("SEGMENT_NOT_GRANTED", "The dataset has no segment of this name.", {
    data: { segment: name, has: segments.map((segment) => segment.name).join(" ") },
  });
}

async function readGrant(path: string): Promise<GrantPackage> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: unknown) => {
    throw new PersonaError("CONFIG_INVALID", `${path} cannot be read.`, { data: { path }, cause });
  });
  try {
    const { size } = await handle.stat();
    if (size > maxGrantBytes)
      throw new PersonaError("CONFIG_INVALID", `${path} is no grant: it is too long.`, { data: { path } });
    return decodeGrantPackage(new Uint8Array(await handle.readFile()));
  } finally {
    await handle.close();
  }
}

const toJson = (readers: Readers): string =>
  JSON.stringify(readers, (_, value: unknown) => (typeof value === "bigint" ? Number(value) : value));

function describe(readers: Readers): string {
  const { datasetId, status, blockNumber, owner, guardians, grants, enclaves, writers } = readers;
  const { threshold, members, operators, fewestOperators, operatorsAlone } = guardians;
  const lines = [
    `dataset ${datasetId}, ${status}, at block ${blockNumber}`,
    `owner ${owner}: everything, with the root key`,
    ...describeRootKey(readers.rootKey),
    `guardians: any ${threshold} of ${members.length}, of ${operators} operators; ${fewestOperators} operators together are enough`,
    ...members.map(({ nodeId, operator }) => `  guardian ${nodeId}, operator ${operator}`),
    ...operatorsAlone.map((operator) => `  WARNING: operator ${operator} holds enough shares alone`),
    grants.length === 0 ? "grants: none" : "grants:",
    ...grants.map(
      ({ grantHash, grantee, usesLeft, expiresAt, state, opened }) =>
        `  ${state === "planned" ? "IF SIGNED " : ""}${grantee}: ${describeScope(opened)}; ${usesLeft} uses left, until ${isoTime(expiresAt)} (${grantHash})`,
    ),
    `enclaves that could run a granted program: ${enclaves.length}`,
    ...enclaves.map(
      ({ nodeId, operator, measurement, simulated }) =>
        `  node ${nodeId}, operator ${operator}, build ${measurement}${simulated ? ", SIMULATED: its operator can read what it runs" : ""}`,
    ),
    writers.length === 0 ? "writers: none" : "writers:",
    ...writers.map(({ kind, id, segments }) => `  ${kind} ${id}, segments ${segments.join(", ")}`),
    "Not seen here: keystores and kits of the root key, what was read before, copies that somebody keeps, and whom the owner has given keys.",
  ];
  return lines.join("\n");
}

const isoTime = (unixSeconds: number): string => new Date(unixSeconds * 1_000).toISOString();

function describeRootKey({ custody, people, secondWallet, requests, change, formerPlans }: RootKeyHolders): string[] {
  const holders = "  whoever has a keystore or a recovery kit of it with its passphrase, or a plain kit: at once";
  if (custody === undefined)
    return [holders, "  nothing is registered for its recovery: lost with the last keystore and kit"];
  const days = custody.delay / 86_400;
  const lines = [holders];
  if (people !== undefined) {
    const { opened, planHash } = people;
    lines.push(
      opened === undefined
        ? `  people of plan ${planHash}, enough of them together: after ${days} days without a veto (--packet says who)`
        : `  any ${opened.threshold} of ${opened.members.length} people together: after ${days} days without a veto`,
      ...(opened?.members ?? []).map((address) => `    person ${address}`),
      "    people who agree beforehand need no delay: nothing on chain holds them",
    );
  }
  for (const { planHash, version } of formerPlans)
    lines.push(
      `  WARNING: people of a former plan ${planHash} (custody ${version}) still hold shares of the same root key`,
    );
  if (secondWallet !== undefined) {
    const { address, barred } = secondWallet;
    const may = barred
      ? "vetoed, can do nothing"
      : `takes the datasets after ${days} days without a veto, and no key by itself`;
    lines.push(`  second wallet ${address}: ${may}`);
  }
  for (const { requester, by, counts, ripeAt, expiresAt, deviceKeyId } of requests) {
    const when = counts
      ? `COUNTS NOW, until ${isoTime(expiresAt)}`
      : `counts from ${isoTime(ripeAt)}: veto it if it is not yours`;
    lines.push(`  OPEN REQUEST by ${by} ${requester}, for device ${deviceKeyId}: ${when}`);
  }
  if (change !== undefined) {
    const { readyAt, planHash, secondWallet: wallet } = change;
    lines.push(
      `  ANNOUNCED: another custody from ${isoTime(readyAt)}, plan ${planHash}, second wallet ${wallet}: cancel it if it is not yours`,
    );
  }
  return lines;
}

function describeScope(opened: Readers["grants"][number]["opened"]): string {
  if (opened === undefined) return "its Scope is private: the owner's own copy says which program and segments";
  const segments = `segments ${opened.segments.join(", ")}`;
  if (opened.kind === "read") return `READS THE DATA ITSELF, ${segments}, by key ${opened.recipientKeyHash}`;
  return `results of program ${opened.programId} over ${segments}`;
}
