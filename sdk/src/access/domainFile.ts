import { type Address, type Hex, isAddress, isAddressEqual } from "viem";
import * as z from "zod";
import type { ChainClient } from "../contracts/index.ts";
import { PersonaError } from "../errors/index.ts";
import { type AppDeployment, appTypedData } from "./appTypedData.ts";
import { requireDomain } from "./domainName.ts";

export const domainFilePath = "/.well-known/persona-protocol.json";
export const maxDomainFileBytes = 64 * 1024;
const maxApps = 16;
const maxSignatureBytes = 2_048;

const hexBytes = (min: number, max: number) =>
  z.custom<Hex>(
    (value) => typeof value === "string" && new RegExp(`^0x(?:[0-9a-fA-F]{2}){${min},${max}}$`).test(value),
  );
const address = z.custom<Address>((value) => typeof value === "string" && isAddress(value));

const appEntry = z.strictObject({
  chainId: z.int().positive(),
  registry: address,
  appId: hexBytes(32, 32),
  owner: address,
  signedAt: z
    .int()
    .nonnegative()
    .max(2 ** 40 - 1),
  signature: hexBytes(1, maxSignatureBytes),
});

const domainFile = z.strictObject({
  v: z.literal(1),
  domain: z.string().max(253),
  apps: z.array(appEntry).min(1).max(maxApps),
});

/** One app that the domain stands for. The signature is the owner's over `AppDomain`. */
export type DomainFileApp = Readonly<z.output<typeof appEntry>>;

/** What `https://<domain>/.well-known/persona-protocol.json` holds. One domain may stand for apps on several chains. */
export type DomainFile = { readonly v: 1; readonly domain: string; readonly apps: readonly DomainFileApp[] };

/**
 * The file that proves an app's domain, signed by the client's account. Serve `encodeDomainFile` of it at `domainFilePath`, as
 * `application/json`, over HTTPS, without a redirect.
 * @throws PersonaError DOMAIN_INVALID, DOMAIN_FILE_MISMATCH when `previous` is another domain's
 */
export async function buildDomainFile(
  { client, deployment }: { readonly client: ChainClient; readonly deployment: AppDeployment },
  parameters: buildDomainFile.Parameters,
): Promise<DomainFile> {
  const { appId, domain, owner = client.account.address, previous } = parameters;
  requireDomain(domain);
  if (previous !== undefined && previous.domain !== domain)
    throw new PersonaError("DOMAIN_FILE_MISMATCH", "The previous file is that of another domain.");
  const signedAt = parameters.signedAt ?? Number((await client.getBlock({ blockTag: "latest" })).timestamp);
  const signature = await client.signTypedData(appTypedData.appDomain(deployment, { appId, domain, owner, signedAt }));
  const { chainId, appRegistry: registry } = deployment;
  const others = (previous?.apps ?? []).filter((app) => !isEntryOf(app, deployment, appId));
  return { v: 1, domain, apps: [...others, { chainId, registry, appId, owner, signedAt, signature }] };
}

export declare namespace buildDomainFile {
  type Parameters = {
    readonly appId: Hex;
    readonly domain: string;
    /** The app's owner; the client's account unless that is the key of a contract wallet (ERC-1271). */
    readonly owner?: Address;
    /** Unix seconds; the newest block's when left out. */
    readonly signedAt?: number;
    /** The file as it is served now: its other apps stay. */
    readonly previous?: DomainFile;
  };
}

export const encodeDomainFile = (file: DomainFile): string => `${JSON.stringify(file, null, 2)}\n`;

/** @throws PersonaError DOMAIN_FILE_INVALID */
export function decodeDomainFile(bytes: Uint8Array): DomainFile {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new PersonaError("DOMAIN_FILE_INVALID", "The domain's file is not JSON.", { cause });
  }
  const parsed = domainFile.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new PersonaError("DOMAIN_FILE_INVALID", "The domain's file is not in the protocol's format.", {
    cause: parsed.error,
  });
}

/** Is it this app's, in this registry, on this chain? */
export const isEntryOf = (entry: DomainFileApp, { chainId, appRegistry }: AppDeployment, appId: Hex): boolean =>
  entry.chainId === chainId &&
  isAddressEqual(entry.registry, appRegistry) &&
  entry.appId.toLowerCase() === appId.toLowerCase();
