import { type Address, type Hex, isAddressEqual, keccak256, type PublicClient, toBytes, zeroAddress } from "viem";
import { appRegistryAbi, type ChainClient, callContract, explainChainError } from "../contracts/index.ts";
import { sha256Hex } from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";
import { type AppDeployment, appTypedData, type DomainProof } from "./appTypedData.ts";
import { type DomainFile, type DomainFileApp, decodeDomainFile, domainFilePath, isEntryOf } from "./domainFile.ts";
import { requireDomain, requirePublicDomain } from "./domainName.ts";
import { type Fetch, fetchDomainFile } from "./fetchDomainFile.ts";

type ReadClient = Pick<PublicClient, "getBlock" | "getChainId" | "readContract" | "verifyTypedData">;

/** Chain ids on which a check may go to this machine instead of the domain. */
const devChainIds = [31_337, 1_337];
const defaultTimeoutMs = 10_000;
const day = 86_400;
const defaultLifetimeSeconds = 30 * day;
const maxLifetimeSeconds = 90 * day;
const activeStatus = 1;

/** What a check found, for the attestor to sign. */
export type DomainEvidence = {
  readonly appId: Hex;
  readonly domain: string;
  readonly owner: Address;
  /** sha256 of the file as it was served: keep the bytes, they are what the proof rests on. */
  readonly evidenceHash: Hex;
  /** Unix seconds of the block that named owner and domain, read before the file: what changed since is newer. */
  readonly checkedAt: number;
  readonly file: Uint8Array;
};

export type SignedDomainProof = {
  readonly proof: DomainProof;
  readonly attestor: Address;
  readonly signature: Hex;
};

/**
 * Does the domain stand for this app? Reads owner and domain on chain, then fetches `https://<domain>/.well-known/persona-protocol.json`
 * and holds it against them. The caller runs this on its own network against an address that a stranger chose: only names of
 * the public internet on port 443 are asked, but a public name can resolve to a private address, so run it where nothing
 * private can be reached, or give a `fetch` that looks at the resolved address.
 * @throws PersonaError APP_UNKNOWN, DOMAIN_INVALID, DOMAIN_UNREACHABLE, DOMAIN_FILE_INVALID, DOMAIN_FILE_MISMATCH,
 * DOMAIN_FILE_UNSIGNED, CHAIN_WRONG, CHAIN_UNREACHABLE, CONFIG_INVALID, CANCELLED
 */
export async function checkDomainFile(
  { client, deployment }: { readonly client: ReadClient; readonly deployment: AppDeployment },
  parameters: checkDomainFile.Parameters,
): Promise<DomainEvidence> {
  const { appId, domain, fetch = globalThis.fetch, timeoutMs = defaultTimeoutMs, signal } = parameters;
  const url = urlOf(deployment, parameters);
  const app = await readApp(client, deployment, appId);
  if (app.domain !== domain)
    throw new PersonaError("DOMAIN_FILE_MISMATCH", "The app claims another domain on chain.", { data: { appId } });
  const file = await fetchDomainFile(url, { fetch: (target, init) => fetch(target, init), timeoutMs, signal });
  const entry = findEntry(decodeDomainFile(file), deployment, { appId, domain, owner: app.owner });
  if (entry.signedAt > app.timestamp)
    throw new PersonaError("DOMAIN_FILE_MISMATCH", "The file was signed in the future.", {
      data: { signedAt: entry.signedAt, blockTimestamp: app.timestamp },
    });
  await requireSigned(client, deployment, { ...entry, appId, domain, owner: app.owner }, app.blockNumber);
  return { appId, domain, owner: app.owner, evidenceHash: sha256Hex(file), checkedAt: app.timestamp, file };
}

export declare namespace checkDomainFile {
  type Parameters = {
    readonly appId: Hex;
    readonly domain: string;
    readonly fetch?: Fetch;
    /** For the whole answer; 10 s. */
    readonly timeoutMs?: number;
    readonly signal?: AbortSignal;
    /** Development chains only: asks http://127.0.0.1:<port> in the domain's place. Proves nothing. */
    readonly allowInsecureLoopback?: { readonly port: number };
  };
}

/**
 * The attestor's word for what `checkDomainFile` found, signed by the client's account; anyone may submit it within a day.
 * @throws PersonaError CONFIG_INVALID when the lifetime is not 1 s to 90 days
 */
export async function attestDomain(
  { client, deployment }: { readonly client: ChainClient; readonly deployment: AppDeployment },
  evidence: Omit<DomainEvidence, "file">,
  options: { readonly lifetimeSeconds?: number } = {},
): Promise<SignedDomainProof> {
  const { lifetimeSeconds = defaultLifetimeSeconds } = options;
  if (!Number.isInteger(lifetimeSeconds) || lifetimeSeconds < 1 || lifetimeSeconds > maxLifetimeSeconds)
    throw new PersonaError("CONFIG_INVALID", "A proof lives a second at least and 90 days at most.", {
      data: { lifetimeSeconds },
    });
  const { appId, domain, owner, evidenceHash, checkedAt } = evidence;
  const domainHash = keccak256(toBytes(domain));
  const proof = { appId, domainHash, owner, checkedAt, expiresAt: checkedAt + lifetimeSeconds, evidenceHash };
  const signature = await client.signTypedData(appTypedData.domainProof(deployment, proof));
  return { proof, attestor: client.account.address, signature };
}

/** Puts a signed proof on chain, from any account. */
export async function submitDomainProof(
  { client, deployment }: { readonly client: ChainClient; readonly deployment: AppDeployment },
  { proof, attestor, signature }: SignedDomainProof,
): Promise<{ readonly gasUsed: bigint }> {
  return callContract(client, {
    address: deployment.appRegistry,
    abi: appRegistryAbi,
    functionName: "attestDomain",
    args: [proof, attestor, signature],
  });
}

function urlOf({ chainId }: AppDeployment, parameters: checkDomainFile.Parameters): string {
  const { domain, allowInsecureLoopback } = parameters;
  if (allowInsecureLoopback === undefined) {
    requirePublicDomain(domain);
    return `https://${domain}${domainFilePath}`;
  }
  const { port } = allowInsecureLoopback;
  if (!devChainIds.includes(chainId) || !Number.isInteger(port) || port < 1 || port > 65_535)
    throw new PersonaError("CONFIG_INVALID", "allowInsecureLoopback is for a port of this machine, on a local chain.", {
      data: { chainId, port },
    });
  requireDomain(domain);
  return `http://127.0.0.1:${port}${domainFilePath}`;
}

/** Everything at one block. */
async function readApp(client: ReadClient, { chainId, appRegistry }: AppDeployment, appId: Hex) {
  try {
    const got = await client.getChainId();
    if (got !== chainId)
      throw new PersonaError("CHAIN_WRONG", "The endpoint serves another chain.", { data: { got, wanted: chainId } });
    const { number, timestamp } = await client.getBlock({ blockTag: "latest" });
    const { owner, status, domain } = await client.readContract({
      address: appRegistry,
      abi: appRegistryAbi,
      functionName: "appById",
      args: [appId],
      blockNumber: number,
    });
    if (status !== activeStatus || owner === zeroAddress)
      throw new PersonaError("APP_UNKNOWN", "The registry has no active app with this id.", { data: { appId } });
    return { owner, domain, blockNumber: number, timestamp: Number(timestamp) };
  } catch (error) {
    throw await explainChainError(error, "the reading of the app");
  }
}

type Wanted = { readonly appId: Hex; readonly domain: string; readonly owner: Address };

/** The file's one word about this app. Texts of the file stay out of errors: they are a stranger's, and errors are printed. */
function findEntry(file: DomainFile, deployment: AppDeployment, { appId, domain, owner }: Wanted): DomainFileApp {
  const mismatch = (message: string) => new PersonaError("DOMAIN_FILE_MISMATCH", message, { data: { appId, domain } });
  if (file.domain !== domain) throw mismatch("The file was made for another domain.");
  const [entry, second] = file.apps.filter((candidate) => isEntryOf(candidate, deployment, appId));
  if (entry === undefined) throw mismatch("The file does not name this app in this registry on this chain.");
  if (second !== undefined) throw mismatch("The file names this app twice.");
  if (!isAddressEqual(entry.owner, owner)) throw mismatch("The file names another owner than the chain.");
  return entry;
}

async function requireSigned(
  client: ReadClient,
  deployment: AppDeployment,
  signed: Wanted & Pick<DomainFileApp, "signedAt" | "signature">,
  blockNumber: bigint,
): Promise<void> {
  const { appId, domain, owner, signedAt, signature } = signed;
  const definition = appTypedData.appDomain(deployment, { appId, domain, owner, signedAt });
  let valid: boolean;
  try {
    // "eoa": recovers first, and asks the chain only where that is not the owner (ERC-1271).
    valid = await client.verifyTypedData({ ...definition, address: owner, signature, blockNumber, mode: "eoa" });
    // viem says "invalid" of an endpoint that does not answer, too: that would be for ever.
    if (!valid) await client.getChainId();
  } catch (error) {
    throw await explainChainError(error, "the check of the owner's signature");
  }
  if (!valid)
    throw new PersonaError("DOMAIN_FILE_UNSIGNED", "The file is not signed by the app's owner.", {
      data: { appId, owner },
    });
}
