import { SIMULATED_EVALUATION } from "@persona-protocol/sdk/attestation/simulator";
import { type Address, getAddress, type Hex, isAddress, isAddressEqual, isHex, zeroAddress } from "viem";
import { z } from "zod";
import { enclaveBundle, ingestBundle } from "../enclave/bundle/enclaveBundle.ts";
import { simulatedWorkload } from "../enclave/runtime/simulatedEvidence.ts";
import { type RootParameters, simulatedRoot } from "./attestationRoot.ts";

const day = 86_400;
const address = z
  .string()
  .refine((text) => isAddress(text), "not an address, or its checksum is wrong")
  .transform((text) => getAddress(text))
  .refine((value) => !isAddressEqual(value, zeroAddress), "the zero address");
const bytes32 = z.custom<Hex>((value) => isHex(value) && value.length === 66, "not 32 bytes as 0x…");
/** JSON has no integers of this size. */
const amount = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,28})$/, "not an amount in decimal digits, below 2^96")
  .transform((digits) => BigInt(digits));
/** AccessManager keeps delays as uint32. */
const delay = z
  .number()
  .int()
  .min(day)
  .max(365 * day);

/**
 * `ignition/parameters/NAME.json`: everything that is chosen when the protocol is deployed to a public chain. Nothing has a
 * default that trusts somebody.
 */
export const networkParameters = z
  .strictObject({
    chainId: z
      .number()
      .int()
      .positive()
      .refine((id) => id !== 31_337 && id !== 1_337, "a chain id of local chains")
      .describe("Must be the chain that the endpoint serves."),
    confirmations: z
      .number()
      .int()
      .min(1)
      .max(1_000)
      .default(5)
      .describe("Blocks on top of a transaction before the next one is sent."),
    stakeToken: address.describe(
      "ERC-20 of stakes. Never changes. Must move exactly what it is asked to: no fee on transfer, no rebasing.",
    ),
    claimBond: amount.describe(
      "Part of a stake that each open claim holds, in the stake token's smallest unit, as decimal digits. Never changes.",
    ),
    raceUnit: z
      .number()
      .int()
      .min(1)
      .max(63)
      .default(4)
      .describe(
        "Blocks between a job's seed and its first claim, on average. Never changes. The chain must make blocks by itself.",
      ),
    tokens: z
      .array(
        z.strictObject({
          token: address,
          protocolFeeBps: z.number().int().min(0).max(500),
          burnedUnit: amount,
        }),
      )
      .prefault([])
      .describe(
        "What jobs may be paid in: token, protocol fee in hundredths of a percent, and how much of it, burned, counts for reputation like a ten-thousandth of claimBond (0: nothing).",
      ),
    admin: address.describe("ADMIN: gives and takes the roles. A contract (multisig); may be the governor."),
    governor: address.describe("GOVERNOR: allows measurements and verifiers. A contract (multisig)."),
    guard: address.describe("GUARD: bans and freezes at once, cancels what GOVERNOR has scheduled."),
    pauser: address.describe("PAUSER: stops new claims. May be one person's key."),
    adminDelaySeconds: delay
      .default(7 * day)
      .describe("Between scheduling and carrying out, for ADMIN. Seconds, at least a day."),
    wideningDelaySeconds: delay.default(7 * day).describe("The same for GOVERNOR. Seconds, at least a day."),
    measurements: z.array(bytes32).prefault([]).describe("Enclave builds that are allowed from the first block."),
    verifiers: z
      .array(address)
      .prefault([])
      .describe("Further evidence verifiers that are allowed from the first block; already deployed."),
    tcbEvaluation: z
      .number()
      .int()
      .min(1)
      .max(999_999_999)
      .describe("Intel's tcbEvaluationDataNumber that counts at first: that of the standard feed on that day."),
    advisories: z
      .array(z.string().regex(/^INTEL-SA-[0-9]{5}$/))
      .prefault([])
      .describe("Intel's advisories against which a platform is believed all the same, such as INTEL-SA-00615."),
    quorumThreshold: z
      .number()
      .int()
      .min(1)
      .max(32)
      .default(3)
      .describe("How many verifier nodes must say the same of AWS Nitro and AMD SEV-SNP evidence. Never changes."),
    quorumMembers: z
      .array(address)
      .max(32)
      .prefault([])
      .describe("Keys of the first verifier nodes. With none, such evidence is not accepted."),
  })
  .refine(
    ({ adminDelaySeconds, wideningDelaySeconds }) => adminDelaySeconds >= wideningDelaySeconds,
    "adminDelaySeconds is shorter than wideningDelaySeconds: ADMIN could make a new governor that waits less",
  )
  .refine(
    ({ admin, governor, guard, pauser }) =>
      new Set([governor, guard, pauser]).size === 3 && ![guard, pauser].includes(admin),
    "governor, guard and pauser must be three accounts, and admin neither guard nor pauser: one key must not do what two should",
  );

type NetworkParameters = z.output<typeof networkParameters>;

export type GovernanceParameters = Pick<
  NetworkParameters,
  | "admin"
  | "governor"
  | "guard"
  | "pauser"
  | "adminDelaySeconds"
  | "wideningDelaySeconds"
  | "measurements"
  | "verifiers"
  | "tokens"
  | "advisories"
  | "quorumMembers"
>;

/** What constructors are told, apart from each other's addresses. The keys are names of Ignition parameters. */
export type ConstructorParameters = RootParameters & {
  /** The only admin until the last transaction of the deployment. */
  readonly deployer: Address;
  /** Public chains; elsewhere it is the DevToken of the same deployment. */
  readonly stakeToken?: Address;
  /** In the stake token's smallest unit. */
  readonly claimBond: bigint;
  /** Blocks; 0, the first claim wins, on local chains only. */
  readonly raceUnit: bigint;
  /** Intel's tcbEvaluationDataNumber that counts at first. */
  readonly tcbEvaluation: number;
  readonly quorumThreshold: bigint;
};

/** Money of a local chain is worth nothing and its network must start at once: nothing waits, and one account is everybody. */
export function localGovernance(deployer: Address): GovernanceParameters {
  return {
    admin: deployer,
    governor: deployer,
    guard: deployer,
    pauser: deployer,
    adminDelaySeconds: 0,
    wideningDelaySeconds: 0,
    // What runs jobs comes last: grants count from the newest.
    measurements: [ingestBundle(), enclaveBundle()].map(({ measurement }) => simulatedWorkload(measurement)),
    verifiers: [],
    tokens: [],
    advisories: [],
    quorumMembers: [],
  };
}

/** A local chain mines on demand, so there is no race: its blocks would not come. */
export const localConstructors = (deployer: Address): ConstructorParameters => ({
  deployer,
  ...simulatedRoot(),
  tcbEvaluation: SIMULATED_EVALUATION,
  quorumThreshold: 1n,
  claimBond: 10n * 10n ** 18n,
  raceUnit: 0n,
});

/** How jobs are paid on a local chain. */
export const localTokenTerms = { protocolFeeBps: 100, burnedUnit: 10n ** 15n };
