import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { nodeRegistryAbi } from "@persona-protocol/sdk/contracts";
import { zeroise } from "@persona-protocol/sdk/crypto";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { bytesToHex, erc20Abi, formatEther, getAddress, type Hex, hexToBytes, isAddress } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { connectChain } from "../../chain/connectChain.ts";
import { nodeSettings } from "../../config/nodeSettings.ts";
import { readJson } from "../../config/readJson.ts";
import { resolveNodeConfig } from "../../config/resolveNodeConfig.ts";
import { readDeployment } from "../../context.ts";
import { readPassphrase, requireNewFile, writeNewFile } from "../files.ts";
import { jsonLine } from "../jsonLine.ts";
import { createKeystore, unlockKeystore } from "../keystore.ts";
import { printable } from "../runCommand.ts";
import { type ConfigOptions, flagsOf } from "./configOf.ts";

/** `persona node init`: everything a node needs in one folder, and what its operator has to send to which account. */
export async function nodeInit(
  options: ConfigOptions & { readonly dir: string; readonly json: boolean },
): Promise<void> {
  const dir = resolve(options.dir);
  const flags = flagsOf(options);
  const files = {
    config: join(dir, "config.json"),
    keystore: resolve(flags["keystore"] ?? join(dir, "keystore.json")),
    passphrase: resolve(flags["passphraseFile"] ?? join(dir, "passphrase")),
  };
  const deployment = flags["deployment"];
  const { config } = resolveNodeConfig({
    file: options.config,
    environment: process.env,
    flags: {
      role: "worker",
      ...(deployment === undefined ? {} : verifierIn(deployment)),
      dataDir: join(dir, "data"),
      storeDir: join(dir, "ipfs"),
      ...flags,
      keystore: files.keystore,
      passphraseFile: files.passphrase,
    },
  });

  // All that can be wrong is found before the first file is written.
  const addresses = readDeployment(config.deployment);
  const key: Hex =
    flags["keystore"] === undefined
      ? generatePrivateKey()
      : bytesToHex(await unlockKeystore(files.keystore, "account", await readPassphrase(files.passphrase)));
  const account = privateKeyToAccount(key);
  const client = await connectChain({ rpcUrl: config.rpcUrl, deployment: addresses, account });
  if (!isAddress(config.verifier) || (await client.getCode({ address: getAddress(config.verifier) })) === undefined)
    throw new PersonaError("CONFIG_INVALID", "There is no evidence verifier at this address.", {
      data: { verifier: config.verifier },
    });
  const registry = { address: addresses.nodeRegistry, abi: nodeRegistryAbi } as const;
  const stakeToken = await client.readContract({ ...registry, functionName: "STAKE_TOKEN" });
  const [balance, stakeHeld] = await Promise.all([
    client.getBalance({ address: account.address }),
    client.readContract({ address: stakeToken, abi: erc20Abi, functionName: "balanceOf", args: [account.address] }),
  ]);

  await mkdir(dir, { recursive: true, mode: 0o700 });
  await requireNewFile(files.config);
  for (const folder of [config.dataDir, config.storeDir]) await mkdir(folder, { recursive: true, mode: 0o700 });
  if (flags["passphraseFile"] === undefined && flags["keystore"] === undefined)
    await writeNewFile(files.passphrase, `${randomBytes(24).toString("base64url")}\n`);
  if (flags["keystore"] === undefined) {
    const secret = hexToBytes(key);
    const passphrase = await readPassphrase(files.passphrase);
    await createKeystore({ kind: "account", secret, passphrase, out: files.keystore });
    zeroise(secret);
  }
  await writeNewFile(files.config, configText(dir, config));

  const { address } = account;
  const needs = { minBalanceWei: config.minBalanceWei, stake: config.stake, stakeToken };
  process.stdout.write(
    options.json
      ? jsonLine({
          ok: true,
          dir,
          config: files.config,
          keystore: files.keystore,
          operator: address,
          chainId: addresses.chainId,
          balanceWei: String(balance),
          stakeHeld: String(stakeHeld),
          ...needs,
        })
      : `${[
          `${config.role} in ${printable(dir)}, on chain ${addresses.chainId}`,
          `operator    ${address}`,
          `  has ${formatEther(balance)} for gas, should have ${formatEther(BigInt(config.minBalanceWei))} or more`,
          `  has ${stakeHeld} of the stake token ${stakeToken}, stakes ${config.stake}`,
          `settings    ${printable(files.config)} explains each`,
          "",
          "Keep a copy of keystore and passphrase, apart from each other. Then:",
          `  persona node start --config ${printable(files.config)}`,
        ].join("\n")}\n`,
  );
}

/** A deployment file of `persona dev` names the verifier, too. */
function verifierIn(deployment: string): { verifier?: string } {
  const value = readJson(resolve(deployment));
  const verifier = typeof value === "object" && value !== null && "verifier" in value ? value.verifier : undefined;
  return typeof verifier === "string" ? { verifier } : {};
}

/** Every setting with what it is; those at their default as comments, which only need to be uncommented. */
function configText(dir: string, config: Readonly<Record<string, unknown>>): string {
  const active: string[] = [];
  const comments: string[] = [];
  for (const { name, preset, description, names } of nodeSettings()) {
    const value = config[name];
    const isDefault = value === undefined || JSON.stringify(value) === JSON.stringify(preset);
    const shown = names === "path" && typeof value === "string" ? within(dir, value) : (value ?? preset ?? "");
    const line = `${JSON.stringify(name)}: ${JSON.stringify(shown)}`;
    (isDefault ? comments : active).push(`  // ${description}\n  ${isDefault ? "// " : ""}${line}`);
  }
  return `// Settings of a Persona Protocol node; docs/node-config.md has them all. Lines that begin with // are comments.\n{\n${comments.map((line) => `${line},`).join("\n")}\n\n${active.join(",\n")}\n}\n`;
}

/** Relative inside of the folder, so that it can be moved; else as it is. */
function within(dir: string, path: string): string {
  const short = relative(dir, path);
  return short.startsWith("..") || short === "" ? path : short;
}
