import { resolve } from "node:path";
import { encodeGrantPackage, type PersonaClient, secondsOf } from "@persona-protocol/sdk";
import { grantRead, segmentBitmap } from "@persona-protocol/sdk/access";
import { callContract, datasetRegistryAbi, nodeRegistryAbi } from "@persona-protocol/sdk/contracts";
import { zeroise } from "@persona-protocol/sdk/crypto";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { type Address, pad } from "viem";
import { openWriterKey } from "../../compute/startWriterIngestor.ts";
import { confirm } from "../ask.ts";
import { readDatasetRecord } from "../datasetRecord.ts";
import { readSmallFile, requireNewFile, writeNewFile } from "../files.ts";
import { openPersona, type PersonaFlags } from "../openPersona.ts";
import { parseList, parseWhole } from "../parse.ts";
import { parseAddress } from "../recovery/recoveryFlags.ts";
import { show } from "../show.ts";

/** `persona sources key`: what an owner needs to know of a writer, beside its address. */
export async function sourcesKey(flags: {
  readonly writerKeystore: string;
  readonly writerPassphraseFile: string;
  readonly out: string;
  readonly json: boolean;
}): Promise<void> {
  await requireNewFile(flags.out);
  const { publicKey, privateKey } = await openWriterKey(
    resolve(flags.writerKeystore),
    resolve(flags.writerPassphraseFile),
  );
  zeroise(privateKey);
  await writeNewFile(flags.out, `${Buffer.from(publicKey).toString("base64")}\n`);
  show(flags.json, { file: flags.out }, [`the writer's public key is in ${flags.out}; the owner delegates to it`]);
}

type Flags = PersonaFlags & {
  readonly to: string;
  readonly writerKey: string;
  readonly segments: string;
  readonly until: string;
  readonly versions: string;
  readonly starts: string;
  readonly out: string;
  readonly yes?: boolean;
};

/**
 * `persona sources delegate RECORD`: the right to publish (`setWriter`) and, beside it, a Read grant of the same segments for as long: what a writer
 * replaces it must be able to encrypt (docs/protocol.md 3.5).
 */
export async function sourcesDelegate(recordFile: string, flags: Flags): Promise<void> {
  await requireNewFile(flags.out);
  const { dataset } = await readDatasetRecord(recordFile);
  const to = parseAddress(flags.to, "--to");
  const recipientKey = new Uint8Array(
    Buffer.from(await readSmallFile(flags.writerKey, 4_096, "CONFIG_INVALID"), "base64"),
  );
  const segments = parseList(flags.segments);
  const versions = parseWhole(flags.versions, "--versions", 1, 2 ** 32 - 1);
  const persona = await openPersona(flags);
  const { client, deployment } = persona;
  await confirm(
    "The writer will be able to read these segments, from a day on, and to replace what is in them.",
    flags,
  );
  const until = Number((await client.getBlock()).timestamp) + secondsOf(flags.until);
  const indexes = segments.map((name) => {
    const segment = dataset.segments.find((one) => one.name === name);
    if (segment !== undefined) return segment.index;
    throw new PersonaError("SEGMENT_NOT_GRANTED", "The dataset has no segment of this name.", {
      data: { segment: name },
    });
  });
  const writer = { kind: 1, id: pad(to, { size: 32 }) } as const;
  await callContract(client, {
    address: deployment.datasetRegistry,
    abi: datasetRegistryAbi,
    functionName: "setWriter",
    args: [dataset.datasetId, dataset.head, writer, segmentBitmap(indexes), until, versions],
  });
  const granted = await grantRead(
    { client, deployment },
    {
      ...{ dataset, grantee: to, recipientKey, segments, laterVersions: true },
      ...{ uses: parseWhole(flags.starts, "--starts", 1, 2 ** 32 - 1), expiresAt: until, price: 0n },
      token: await tokenOf(persona, flags.token),
    },
  );
  await writeNewFile(flags.out, encodeGrantPackage(granted));
  const { notBefore } = granted.terms;
  show(flags.json, { writer: to, until, versions, notBefore, file: flags.out }, [
    `${to} may publish ${segments.join(", ")} until ${new Date(until * 1_000).toISOString()}, ${versions} versions at most`,
    `its keys from ${new Date(notBefore * 1_000).toISOString()} on; hand over ${flags.out}, which holds no key`,
    "to end it: persona revoke with that file, and a new key epoch (persona renew-keys) if it must forget what it has read",
  ]);
}

/** Of a price of nothing; the market wants one that it knows. */
async function tokenOf(
  { client, deployment }: Pick<PersonaClient, "client" | "deployment">,
  token: string | undefined,
): Promise<Address> {
  if (token !== undefined) return parseAddress(token, "--token");
  return client.readContract({ address: deployment.nodeRegistry, abi: nodeRegistryAbi, functionName: "STAKE_TOKEN" });
}
