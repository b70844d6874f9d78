import { chainEvidenceOf, type DcapCollateral, parseCollateral, readPem } from "@persona-protocol/sdk/attestation";
import { SIMULATED_EVALUATION, type Simulator } from "@persona-protocol/sdk/attestation/simulator";
import { dcapVerifierAbi, pckRegistryAbi, tcbPolicyAbi } from "@persona-protocol/sdk/contracts";
import {
  BaseError,
  bytesToHex,
  ContractFunctionRevertedError,
  decodeErrorResult,
  getContractAddress,
  type Hex,
  type TransactionReceipt,
} from "viem";
import { collateralCalls, type PlatformCollateral, tcbCall } from "../../node/src/attestation/feedCollateral.ts";
import { intelRoot, type RootParameters, rootOf, simulatedRoot } from "../../node/src/deploy/attestationRoot.ts";
import { vectorBytes, vectorText } from "./attestationVectors.ts";
import { type MemoryChain, startMemoryChain } from "./memoryChain.ts";

/** A quote with what the chain must know first. */
export function readRealPlatform(
  quoteName: string,
  collateralName: string,
): PlatformCollateral & { readonly quote: Uint8Array } {
  const quote = Buffer.from(vectorBytes(quoteName));
  const pem = quote.subarray(quote.indexOf("-----BEGIN")).toString("latin1").replace(/\0+$/, "");
  const [pck, ca, root] = readPem(pem.slice(0, pem.lastIndexOf("-----END CERTIFICATE-----") + 26));
  if (!pck || !ca || !root) throw new Error("The sample has no chain.");
  const collateral = parseCollateral(vectorText(collateralName));
  return { quote, chain: [pck, ca, root], collateral };
}

/** The root of a simulator of a test's own. */
export const rootFor = ({ pki }: Simulator): RootParameters => ({ ...simulatedRoot(), ...rootOf(pki.root.der) });

/** The four contracts of attestation under one root, on a chain of its own, and what is told to them. */
export type AttestationScene = Awaited<ReturnType<typeof startAttestationScene>>;

export async function startAttestationScene(
  options: {
    readonly timestamp?: number;
    readonly hardfork?: "osaka" | "prague";
    readonly root?: RootParameters;
    readonly evaluation?: number;
    readonly chainId?: number;
  } = {},
) {
  const { root = simulatedRoot(), evaluation = SIMULATED_EVALUATION, ...rest } = options;
  const chain: MemoryChain = await startMemoryChain(rest);
  const governor = chain.account(0);
  const manager = await chain.deploy("AccessManager", [governor.address]);
  const nonce = await chain.client.getTransactionCount({ address: governor.address });
  const laterTcbs = getContractAddress({ from: governor.address, nonce: BigInt(nonce + 1) });
  const rootArguments = [root.rootX, root.rootY, root.rootName];
  const pcks = await chain.deploy("PckRegistry", [manager.address, laterTcbs, ...rootArguments]);
  const signers = [root.tdQeSigner, root.sgxQeSigner];
  const tcbs = await chain.deploy("TcbPolicy", [manager.address, pcks.address, ...signers, evaluation]);
  const verifier = await chain.deploy("DcapVerifier", [pcks.address]);

  const scene = {
    ...chain,
    manager,
    pcks,
    tcbs,
    verifier,
    submitRevocations: (list: Uint8Array) => chain.send(pcks, "submitRevocations", [bytesToHex(list), 100n]),
    registerAuthority: (der: Uint8Array) => chain.send(pcks, "registerAuthority", [bytesToHex(der)]),
    registerPck: (der: Uint8Array): Promise<TransactionReceipt> => chain.send(pcks, "registerPck", [bytesToHex(der)]),
    submitTcb: (collateral: DcapCollateral) => chain.send(tcbs, "submitTcb", tcbCall(collateral).args),
    /** All that the chain must know of a platform, but for calls to functions that are left out. */
    async feed(platform: PlatformCollateral, without: readonly string[] = []): Promise<void> {
      for (const { contract, functionName, args } of collateralCalls(platform))
        if (!without.includes(functionName))
          await chain.send(contract === "tcbPolicy" ? tcbs : pcks, functionName, args);
    },
    /** @returns measurement, report data, valid until, vendor, platform @throws the verifier's own error */
    verify: (evidence: Uint8Array) =>
      chain.read<readonly [Hex, Hex, number, number, Hex]>(verifier, "verify", [bytesToHex(evidence)]),
    verifyQuote: (quote: Uint8Array) => scene.verify(chainEvidenceOf(quote)),
  };
  return scene;
}

/** Name of the contract's error; undefined where there is none. @throws what is no contract's error */
export async function errorOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    const reverted =
      error instanceof BaseError && error.walk((cause) => cause instanceof ContractFunctionRevertedError);
    if (reverted instanceof ContractFunctionRevertedError) {
      const { data, raw } = reverted;
      // What a contract below the called one has said is not in that one's ABI.
      return data?.errorName ?? (raw === undefined ? "empty" : nameOfError(raw));
    }
    const raw =
      error instanceof BaseError && error.walk((cause) => typeof (cause as { data?: unknown }).data === "string");
    if (!raw) throw error;
    return nameOfError((raw as unknown as { data: Hex }).data);
  }
}

/** Of a constructor, whose errors viem does not decode. */
function nameOfError(data: Hex): string {
  return decodeErrorResult({ abi: [...pckRegistryAbi, ...tcbPolicyAbi, ...dcapVerifierAbi], data }).errorName;
}

export { intelRoot };
