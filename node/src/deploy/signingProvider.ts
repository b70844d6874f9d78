import type { EIP1193Provider } from "@nomicfoundation/ignition-core";
import type { ChainClient } from "@persona-protocol/sdk/contracts";
import { BaseError, type Hex, hexToBigInt, hexToNumber, keccak256 } from "viem";
import { z } from "zod";

export type SignedTransaction = { readonly nonce: number; readonly hash: Hex; readonly raw: Hex };

const quantity = z.custom<Hex>((value) => typeof value === "string" && /^0x[0-9a-f]+$/i.test(value));
const sent = z.object({
  to: z.custom<`0x${string}`>().optional(),
  data: z.custom<Hex>().optional(),
  value: quantity.default("0x0"),
  nonce: quantity,
  gas: quantity,
  maxFeePerGas: quantity.optional(),
  maxPriorityFeePerGas: quantity.optional(),
  gasPrice: quantity.optional(),
});

/**
 * The provider that Ignition asks: signs with the client's own key, so that the endpoint needs none.
 *
 * @param onSigned is awaited before a transaction leaves this process: what it has written survives a kill
 */
export function signingProvider(
  client: ChainClient,
  onSigned: (transaction: SignedTransaction) => Promise<void> = async () => {},
): EIP1193Provider {
  const request = async (method: string, params: unknown): Promise<unknown> => {
    try {
      return await client.request({ method, params } as never, { retryCount: 0 });
    } catch (error) {
      throw asRpcError(error);
    }
  };
  return {
    async request({ method, params }) {
      const { account, chain } = client;
      if (method === "eth_accounts") return [account.address];
      if (method !== "eth_sendTransaction") return request(method, params);
      if (account.type !== "local") throw new TypeError("A deployment is signed in this process.");
      const { to, data, value, nonce, gas, ...fees } = sent.parse((params as unknown[])[0]);
      const price =
        fees.maxFeePerGas === undefined || fees.maxPriorityFeePerGas === undefined
          ? ({ type: "legacy", gasPrice: hexToBigInt(fees.gasPrice ?? "0x0") } as const)
          : ({
              type: "eip1559",
              maxFeePerGas: hexToBigInt(fees.maxFeePerGas),
              maxPriorityFeePerGas: hexToBigInt(fees.maxPriorityFeePerGas),
            } as const);
      const raw = await account.signTransaction({
        ...price,
        chainId: chain.id,
        nonce: hexToNumber(nonce),
        gas: hexToBigInt(gas),
        value: hexToBigInt(value),
        ...(to === undefined ? {} : { to }),
        ...(data === undefined ? {} : { data }),
      });
      await onSigned({ nonce: hexToNumber(nonce), hash: keccak256(raw), raw });
      return request("eth_sendRawTransaction", [raw]);
    },
  };
}

/** What the endpoint said, without viem's text around it: Ignition reads `message` and `data`. */
function asRpcError(error: unknown): unknown {
  if (!(error instanceof BaseError)) return error;
  const inner = error.walk((cause) => typeof (cause as { code?: unknown }).code === "number");
  if (inner === null) return error;
  const { code, data } = inner as unknown as { code: number; data?: unknown };
  const message = inner instanceof BaseError ? inner.details : inner instanceof Error ? inner.message : String(inner);
  return Object.assign(new Error(message, { cause: error }), { code, data });
}
