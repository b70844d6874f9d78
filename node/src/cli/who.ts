import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { decodeGrantPackage, type GrantPackage, type Readers, whoCanRead } from "@persona-protocol/sdk/access";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { openRecord, type RecordFlags } from "./openRecord.ts";
import { printable } from "./runCommand.ts";

const maxGrantBytes = 64 * 1_024;

/** `persona who RECORD`: who could read this now, alone or together; with a grant's file, also what signing it would add. */
export async function who(
  file: string,
  flags: Pick<RecordFlags, "network" | "rpc"> & {
    readonly segment?: string;
    readonly withGrant?: string;
    readonly json: boolean;
  },
): Promise<void> {
  const { dataset, client, deployment } = await openRecord(file, { network: flags.network, rpc: flags.rpc });
  const segment = flags.segment === undefined ? undefined : indexOf(dataset.segments, flags.segment);
  const withGrant = flags.withGrant === undefined ? undefined : await readGrant(flags.withGrant);
  const { datasetId, guardians, threshold } = dataset;
  const readers = await whoCanRead(
    { client, deployment },
    {
      datasetId,
      guardians,
      threshold,
      ...(segment === undefined ? {} : { segment }),
      ...(withGrant === undefined ? {} : { withGrant }),
    },
  );
  const text = flags.json ? toJson(readers) : printable(describe(readers));
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

function describe({ datasetId, status, blockNumber, owner, guardians, grants, enclaves, writers }: Readers): string {
  const { threshold, members, operators, fewestOperators, operatorsAlone } = guardians;
  const lines = [
    `dataset ${datasetId}, ${status}, at block ${blockNumber}`,
    `owner ${owner}: everything, with the root key`,
    `guardians: any ${threshold} of ${members.length}, of ${operators} operators; ${fewestOperators} operators together are enough`,
    ...members.map(({ nodeId, operator }) => `  guardian ${nodeId}, operator ${operator}`),
    ...operatorsAlone.map((operator) => `  WARNING: operator ${operator} holds enough shares alone`),
    grants.length === 0 ? "grants: none" : "grants:",
    ...grants.map(
      ({ grantHash, grantee, usesLeft, expiresAt, state, opened }) =>
        `  ${state === "planned" ? "IF SIGNED " : ""}${grantee}: ${describeScope(opened)}; ${usesLeft} uses left, until ${new Date(expiresAt * 1_000).toISOString()} (${grantHash})`,
    ),
    `enclaves that could run a granted program: ${enclaves.length}`,
    ...enclaves.map(
      ({ nodeId, operator, measurement, simulated }) =>
        `  node ${nodeId}, operator ${operator}, build ${measurement}${simulated ? ", SIMULATED: its operator can read what it runs" : ""}`,
    ),
    writers.length === 0 ? "writers: none" : "writers:",
    ...writers.map(({ kind, id, segments }) => `  ${kind} ${id}, segments ${segments.join(", ")}`),
    "Not seen here: what was read before, copies that somebody keeps, and whom the owner has given keys.",
  ];
  return lines.join("\n");
}

function describeScope(opened: Readers["grants"][number]["opened"]): string {
  if (opened === undefined) return "its Scope is private: the owner's own copy says which program and segments";
  const segments = `segments ${opened.segments.join(", ")}`;
  if (opened.kind === "read") return `READS THE DATA ITSELF, ${segments}, by key ${opened.recipientKeyHash}`;
  return `results of program ${opened.programId} over ${segments}`;
}
