import { isHex } from "viem";
import * as z from "zod";
import { PersonaError } from "../errors/index.ts";
import { explainEthersError } from "./ethersErrors.ts";
import type { EthersProvider, EthersSigner, EthersTransaction } from "./ethersSigner.ts";

type Request = { readonly method: string; readonly params?: unknown };

/** Reads only: a person may take minutes to confirm in a wallet. */
const readTimeoutMs = 30_000;

const quantity = z
  .string()
  .refine((text) => /^0x[0-9a-f]+$/i.test(text), "not a quantity")
  .transform((text) => BigInt(text));
const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/);
const hex = z.string().refine((text) => isHex(text), "not hex");

/** What viem asks a wallet to send. Strict: a field that this adapter does not know must not be dropped without a word. */
const transactionSchema = z.strictObject({
  from: address,
  to: address.optional(),
  data: hex.optional(),
  value: quantity.optional(),
  gas: quantity.optional(),
  gasPrice: quantity.optional(),
  maxFeePerGas: quantity.optional(),
  maxPriorityFeePerGas: quantity.optional(),
  nonce: quantity.optional(),
  chainId: z.union([quantity, z.number().transform((id) => BigInt(id))]).optional(),
  type: z.enum(["0x0", "0x2"]).optional(),
});

const typedDataSchema = z.object({
  domain: z.strictObject({
    name: z.string().optional(),
    version: z.string().optional(),
    chainId: z
      .union([z.number(), z.string()])
      .transform((id) => BigInt(id))
      .optional(),
    verifyingContract: address.optional(),
    salt: hex.optional(),
  }),
  types: z.record(z.string(), z.array(z.strictObject({ name: z.string(), type: z.string() }))),
  primaryType: z.string(),
  message: z.record(z.string(), z.unknown()),
});

/**
 * An EIP-1193 provider over an ethers signer: what needs the key goes to the signer, all else to its provider as it is.
 * Errors come out in the form that viem knows from any other transport.
 */
export function createEip1193Provider(signer: EthersSigner, provider: Required<EthersProvider>, own: string) {
  const handle = async ({ method, params }: Request): Promise<unknown> => {
    const list = Array.isArray(params) ? (params as unknown[]) : [];
    switch (method) {
      case "eth_accounts":
      case "eth_requestAccounts":
        return [own];
      case "eth_sendTransaction":
        return (await signer.sendTransaction(toEthersTransaction(list[0], own))).hash;
      case "eth_signTypedData_v4":
        return signTypedData(signer, list, own);
      case "personal_sign":
        return signer.signMessage(messageBytes(list, own));
      default:
        if (needsKey(method)) throw unsupported(method);
        return withTimeout(provider.send(method, list), method);
    }
  };
  return {
    async request(request: Request): Promise<unknown> {
      try {
        return await handle(request);
      } catch (error) {
        throw explainEthersError(error, request);
      }
    },
  };
}

/** A node must never be asked to sign with a key of its own in the signer's place. */
const needsKey = (method: string): boolean =>
  /^(eth_sign|personal_|wallet_)/.test(method) || method === "eth_sendUserOperation";

function unsupported(method: string): Error {
  return Object.assign(new Error(`An ethers signer does not do ${method}.`), { code: 4200 });
}

function toEthersTransaction(value: unknown, own: string): EthersTransaction {
  const parsed = transactionSchema.safeParse(value);
  if (!parsed.success) {
    throw new PersonaError("REQUEST_INVALID", "This transaction cannot be sent through an ethers signer.", {
      data: { field: parsed.error.issues[0]?.path.join(".") || (parsed.error.issues[0]?.message ?? "unknown") },
    });
  }
  const { gas, nonce, type, from, ...rest } = parsed.data;
  requireOwn(from, own);
  return withoutUndefined({
    ...rest,
    from,
    gasLimit: gas,
    nonce: nonce === undefined ? undefined : Number(nonce),
    type: type === undefined ? undefined : Number(type),
  });
}

/** ethers finds the primary type by itself, as the only one that no other names: give it what that type needs, no more. */
async function signTypedData(signer: EthersSigner, [account, json]: unknown[], own: string): Promise<string> {
  requireOwn(account, own);
  const parsed = typedDataSchema.safeParse(typeof json === "string" ? JSON.parse(json) : json);
  if (!parsed.success) throw new PersonaError("REQUEST_INVALID", "This is not typed data of EIP-712.");
  const { domain, types, primaryType, message } = parsed.data;
  const needed: Record<string, { name: string; type: string }[]> = {};
  const visit = (name: string): void => {
    const fields = Object.hasOwn(types, name) ? types[name] : undefined;
    if (fields === undefined || Object.hasOwn(needed, name)) return;
    needed[name] = fields;
    for (const { type } of fields) visit(type.replace(/(\[\d*\])+$/, ""));
  };
  visit(primaryType);
  return signer.signTypedData(withoutUndefined(domain), needed, message);
}

function messageBytes([message, account]: unknown[], own: string): Uint8Array {
  requireOwn(account, own);
  if (!isHex(message)) throw new PersonaError("REQUEST_INVALID", "The message to sign is not hex.");
  return Uint8Array.from((message.slice(2).match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)));
}

function requireOwn(account: unknown, own: string): void {
  if (typeof account === "string" && account.toLowerCase() === own.toLowerCase()) return;
  throw new PersonaError("REQUEST_INVALID", "The signer was asked to act for another account.", {
    data: { got: String(account), wanted: own },
  });
}

/** ethers waits for ever for an endpoint that never answers. */
async function withTimeout<value>(work: Promise<value>, method: string): Promise<value> {
  const { promise, reject } = Promise.withResolvers<never>();
  const late = new PersonaError("CHAIN_UNREACHABLE", "The signer's provider does not answer.", { data: { method } });
  const timer = setTimeout(() => reject(late), readTimeoutMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

type Defined<value> = { [key in keyof value]: Exclude<value[key], undefined> };

function withoutUndefined<value extends object>(value: value): Partial<Defined<value>> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Partial<
    Defined<value>
  >;
}
