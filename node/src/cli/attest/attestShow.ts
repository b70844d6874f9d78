import { type AttestationVerdict, attestationRules, type EvidenceKind } from "@persona-protocol/sdk/attestation";
import { jsonLine } from "../jsonLine.ts";
import { printable } from "../runCommand.ts";
import { type AttestFlags, judgeFile } from "./judgeFile.ts";

const REJECTED = 2;

const kinds: Readonly<Record<EvidenceKind, string>> = {
  "sgx-v3": "a quote of an Intel SGX enclave (version 3)",
  "sgx-v5": "a quote of an Intel SGX enclave (version 5)",
  "tdx-v4": "a quote of an Intel TDX virtual machine (version 4)",
  "tdx-v5": "a quote of an Intel TDX virtual machine (version 5)",
  nitro: "an attestation document of an AWS Nitro enclave",
  snp: "an attestation report of an AMD SEV-SNP virtual machine",
};

/** What each measurement is of, by the makers' names; whatever has no words here is left to `attest verify --json`. */
const measured: Readonly<Record<string, string>> = {
  mrTd: "the machine as it was built: firmware",
  rtMr0: "the firmware's settings and the machine's shape",
  rtMr1: "boot loader and kernel",
  rtMr2: "kernel command line and initial file system",
  rtMr3: "what the running system measured",
  mrConfigId: "configuration that the host set before the start",
  mrServiceTd: "the service machine that is bound",
  mrEnclave: "the enclave's code",
  mrSigner: "who signed the enclave",
  measurement: "the machine as it was started",
  host_data: "what the host set before the start",
  vmpl: "privilege level that asked",
  policy: "what the guest allows its host",
  reportData: "what the enclave itself put there",
  report_data: "what the enclave itself put there",
  user_data: "what the enclave itself put there",
  public_key: "the key that the enclave gave",
};

const registers: Readonly<Record<string, string>> = {
  "0": "the enclave's image",
  "1": "kernel and bootstrap",
  "2": "the application",
  "3": "the role of the parent instance",
  "4": "the parent instance",
  "8": "who signed the image",
};

/** `persona attest show FILE`: in words. The exit code is that of `attest verify`. */
export async function attestShow(file: string, flags: AttestFlags): Promise<void> {
  const verdict = await judgeFile(file, flags);
  process.stdout.write(flags.json ? jsonLine(verdict) : `${printable(describe(verdict).join("\n"))}\n`);
  if (verdict.verdict === "reject") process.exitCode = REJECTED;
}

function describe(verdict: AttestationVerdict): string[] {
  const { kind, fields } = verdict;
  const pcrs = typeof fields["pcrs"] === "object" && fields["pcrs"] !== null ? Object.entries(fields["pcrs"]) : [];
  return [
    `This is ${kinds[kind]}.`,
    "It says that it measures:",
    ...Object.entries(measured).flatMap(([name, what]) => {
      const value = fields[name];
      return value === undefined || value === null || isZero(value) ? [] : [`  ${name}: ${String(value)} (${what})`];
    }),
    ...pcrs.map(([index, value]) => `  PCR${index}: ${value} (${registers[index] ?? "set by the enclave"})`),
    ...describeVerdict(verdict),
  ];
}

function describeVerdict(verdict: AttestationVerdict): string[] {
  if (verdict.verdict === "accept") {
    const { status, advisories, validUntil } = verdict;
    return [
      `Believe it until ${new Date(validUntil * 1000).toISOString()}: its signatures lead to the maker's root, and every rule holds.`,
      ...(status === null ? [] : [`Its platform is ${status}.`]),
      ...(advisories.length === 0
        ? []
        : [`Known weaknesses that its operator must have closed: ${advisories.join(", ")}.`]),
      "It says nothing about who holds the machine: physical access has opened such machines (docs/attestation.md).",
    ];
  }
  const { rule, detail, advisories } = verdict;
  return [
    `Do not believe it. The rule ${rule} does not hold: ${attestationRules[rule]}`,
    `  ${detail}`,
    ...(advisories.length === 0 ? [] : [`Known weaknesses: ${advisories.join(", ")}.`]),
    ...(rule === "collateral-missing"
      ? ["Fetch the platform's collateral from Intel, or from the cache of its host, and give it by --collateral."]
      : []),
    ...(rule === "snp-chain-missing"
      ? ["Fetch the chip's certificates from AMD, and give them by --vcek, --ask and --ark."]
      : []),
  ];
}

const isZero = (value: unknown): boolean => typeof value === "string" && /^0*$/.test(value);
