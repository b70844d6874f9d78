import { createWalletClient, custom, defineChain, getAddress, publicActions } from "viem";
import type { ChainClient } from "../contracts/callContract.ts";
import { PersonaError } from "../errors/index.ts";
import { createEip1193Provider } from "./eip1193.ts";
import { explainWalletError } from "./ethersErrors.ts";
import type { EthersSigner } from "./ethersSigner.ts";

const connectTimeoutMs = 15_000;
/** Chains on this machine mine at once. */
const localChainIds = [31_337, 1_337];

/**
 * A client for every action of the SDK over an ethers 6 `Signer`. The signer signs and sends; what is sent is what viem
 * would send. It stays on the chain its provider served when this was called: later switches are refused, not followed.
 *
 * @throws CONFIG_INVALID when the signer has no provider, or one that passes no requests on.
 * @throws CHAIN_UNREACHABLE when the provider does not answer.
 * Its actions throw CANCELLED when the person rejects in the wallet, and CHAIN_WRONG when the wallet has left the chain.
 */
export async function fromEthers(signer: EthersSigner): Promise<ChainClient> {
  const { provider } = signer;
  if (provider === null || provider === undefined) {
    throw new PersonaError(
      "CONFIG_INVALID",
      "The ethers signer has no provider: connect it with signer.connect(provider).",
    );
  }
  // The method is looked up now, and called on the provider: ethers keeps state behind `this`.
  const { send } = provider;
  if (typeof send !== "function") {
    throw new PersonaError(
      "CONFIG_INVALID",
      "The ethers signer's provider has no send(): use a JsonRpcProvider, BrowserProvider or WebSocketProvider.",
    );
  }
  const { address, chainId } = await connect(signer, () => provider.getNetwork());
  const eip1193 = createEip1193Provider(
    signer,
    { getNetwork: () => provider.getNetwork(), send: (method, params) => send.call(provider, method, params) },
    address,
  );
  const chain = defineChain({
    id: chainId,
    name: `chain ${chainId}`,
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [] } },
  });
  const pollingInterval = localChainIds.includes(chainId) ? 20 : 1_000;
  const client: ChainClient = createWalletClient({
    account: address,
    chain,
    transport: custom(eip1193, { retryCount: 0 }),
    pollingInterval,
    cacheTime: 0,
  }).extend(publicActions);

  return Object.assign(client, {
    writeContract: explained(client.writeContract),
    sendTransaction: explained(client.sendTransaction),
    signTypedData: explained(client.signTypedData),
    signMessage: explained(client.signMessage),
  });
}

/** The same action; what its wallet refused comes out as an error of the SDK. */
function explained<action extends (...args: never[]) => Promise<unknown>>(action: action): action {
  const wrapped = async (...args: never[]): Promise<unknown> => {
    try {
      return await action(...args);
    } catch (error) {
      throw explainWalletError(error);
    }
  };
  return wrapped as action;
}

async function connect(signer: EthersSigner, getNetwork: () => Promise<{ readonly chainId: bigint }>) {
  const unreachable = (cause?: unknown) =>
    new PersonaError("CHAIN_UNREACHABLE", "The ethers signer's provider does not answer.", { cause });
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(unreachable()), connectTimeoutMs);
  try {
    const [address, network] = await Promise.race([Promise.all([signer.getAddress(), getNetwork()]), promise]);
    return { address: getAddress(address), chainId: Number(network.chainId) };
  } catch (error) {
    throw error instanceof PersonaError ? error : unreachable(error);
  } finally {
    clearTimeout(timer);
  }
}
