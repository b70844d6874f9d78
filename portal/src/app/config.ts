import type { Address } from "viem";

/** Where the page finds its chain and stores: `portal.config.json` beside index.html. Public; it holds no secret. */
export type PortalConfig = {
  readonly network: {
    readonly name: string;
    readonly chainId: number;
    /** Asked in this order. Relative to the page, or absolute. */
    readonly rpcUrls: readonly string[];
    readonly currency: { readonly name: string; readonly symbol: string; readonly decimals: number };
    /** A network whose enclaves are simulated protects nothing, and the page says so all the time. */
    readonly simulated: boolean;
  };
  readonly deployment: {
    readonly chainId: number;
    readonly datasetRegistry: Address;
    readonly grantRegistry: Address;
    readonly nodeRegistry: Address;
    readonly measurementPolicy: Address;
    readonly jobMarket: Address;
    readonly appRegistry: Address;
    readonly ownerKeys: Address;
    readonly fromBlock: bigint;
    readonly chainReads?: "proof" | "quorum";
  };
  /** In which prices are shown and asked by default. */
  readonly token: { readonly address: Address; readonly symbol: string; readonly decimals: number };
  /** Kubo daemons and stores of the SDK's own HTTP kind keep and give; gateways only give. */
  readonly stores: readonly {
    readonly name: string;
    readonly kind: "kubo" | "http" | "gateway";
    readonly url: string;
  }[];
  /** In how many stores a dataset must lie before it is registered. */
  readonly wanted: number;
  /** Node ids of guardians for new datasets. Local chains need none: all that there are. */
  readonly guardians?: readonly number[];
  /** Of a local test network alone: things to try the page with. */
  readonly test?: TestSeed;
};

export type TestSeed = {
  readonly owner: Address;
  readonly kit: string;
  readonly kitPassphrase: string;
  /** Requests that wait for the owner's answer. */
  readonly requests: readonly string[];
};

/** Chains of one machine: anybody has their keys, and nothing on them is worth anything. */
const localChains = [31_337, 1_337];
const contracts = [
  "datasetRegistry",
  "grantRegistry",
  "nodeRegistry",
  "measurementPolicy",
  "jobMarket",
  "appRegistry",
  "ownerKeys",
] as const;

export const isLocalChain = (chainId: number): boolean => localChains.includes(chainId);

/** @throws Error naming the field that is wrong */
export function parseConfig(given: unknown, base: string): PortalConfig {
  const root = record(given, "the file");
  const network = record(root["network"], "network");
  const deployment = record(root["deployment"], "deployment");
  const chainId = integer(network["chainId"], "network.chainId", 1);
  if (integer(deployment["chainId"], "deployment.chainId", 1) !== chainId)
    throw wrong("deployment.chainId", "the chain of network.chainId");
  const currency = record(network["currency"], "network.currency");
  const token = record(root["token"], "token");
  const { chainReads } = deployment;
  const stores = list(root["stores"], "stores").map((each, i) => {
    const store = record(each, `stores[${i}]`);
    const { kind } = store;
    if (kind !== "kubo" && kind !== "http" && kind !== "gateway")
      throw wrong(`stores[${i}].kind`, "kubo, http or gateway");
    return {
      name: text(store["name"], `stores[${i}].name`, 64),
      kind,
      url: url(store["url"], `stores[${i}].url`, base),
    } as const;
  });
  const addresses = Object.fromEntries(
    contracts.map((name) => [name, address(deployment[name], `deployment.${name}`)]),
  ) as Record<(typeof contracts)[number], Address>;
  return {
    network: {
      name: text(network["name"], "network.name", 64),
      chainId,
      rpcUrls: list(network["rpcUrls"], "network.rpcUrls").map((each, i) => url(each, `network.rpcUrls[${i}]`, base)),
      currency: {
        name: text(currency["name"], "network.currency.name", 32),
        symbol: text(currency["symbol"], "network.currency.symbol", 12),
        decimals: integer(currency["decimals"], "network.currency.decimals", 0, 36),
      },
      simulated: network["simulated"] !== false,
    },
    deployment: {
      ...addresses,
      chainId,
      // A deployment.json has it as text: it may be larger than a number.
      fromBlock: BigInt(integer(Number(deployment["fromBlock"] ?? Number.NaN), "deployment.fromBlock", 0)),
      ...(chainReads === "proof" || chainReads === "quorum" ? { chainReads } : {}),
    },
    token: {
      address: address(token["address"], "token.address"),
      symbol: text(token["symbol"], "token.symbol", 12),
      decimals: integer(token["decimals"], "token.decimals", 0, 36),
    },
    stores,
    wanted: integer(root["wanted"] ?? 1, "wanted", 1, 16),
    ...(root["guardians"] === undefined
      ? {}
      : { guardians: list(root["guardians"], "guardians").map((id) => integer(id, "guardians", 1)) }),
    // A page for a public chain must never take keys out of a file that somebody else may write.
    ...(root["test"] === undefined || !isLocalChain(chainId) ? {} : { test: testSeed(root["test"]) }),
  };
}

function testSeed(given: unknown): TestSeed {
  const test = record(given, "test");
  return {
    owner: address(test["owner"], "test.owner"),
    kit: text(test["kit"], "test.kit", 8_192),
    kitPassphrase: text(test["kitPassphrase"], "test.kitPassphrase", 128),
    requests: list(test["requests"], "test.requests").map((each) => text(each, "test.requests", 131_072)),
  };
}

const wrong = (field: string, wanted: string) => new Error(`portal.config.json: ${field} must be ${wanted}.`);

function record(given: unknown, field: string): Record<string, unknown> {
  if (typeof given !== "object" || given === null || Array.isArray(given)) throw wrong(field, "an object");
  return given as Record<string, unknown>;
}

function list(given: unknown, field: string): unknown[] {
  if (!Array.isArray(given) || given.length > 64) throw wrong(field, "a list of at most 64");
  return given;
}

function text(given: unknown, field: string, most: number): string {
  if (typeof given !== "string" || given.length === 0 || given.length > most)
    throw wrong(field, `a text of 1 to ${most} characters`);
  return given;
}

function integer(given: unknown, field: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
  if (typeof given !== "number" || !Number.isSafeInteger(given) || given < least || given > most)
    throw wrong(field, `a whole number from ${least}`);
  return given;
}

function address(given: unknown, field: string): Address {
  if (typeof given !== "string" || !/^0x[0-9a-fA-F]{40}$/.test(given)) throw wrong(field, "an address");
  return given as Address;
}

function url(given: unknown, field: string, base: string): string {
  const parsed = typeof given === "string" ? URL.parse(given, base) : null;
  if (parsed === null || (parsed.protocol !== "https:" && parsed.protocol !== "http:"))
    throw wrong(field, "an http or https URL, or a path beside the page");
  return parsed.href.replace(/\/+$/, "");
}
