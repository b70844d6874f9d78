import { PersonaError } from "@persona-protocol/sdk/errors";
import {
  isTlsNotaryPresentation,
  leastRsaBits,
  type MailPolicy,
  type ProvenanceVerdict,
  parseStrictJson,
  type ReclaimPolicy,
  reclaimAttestors,
  reclaimVerifier,
} from "@persona-protocol/sdk/provenance";
import { readDkimKeys } from "../../provenance/dkimKeys.ts";
import { readSmallFile } from "../files.ts";
import { jsonLine } from "../jsonLine.ts";
import { printable } from "../runCommand.ts";
import { readEvidence } from "./readEvidence.ts";
import { reportVerdict } from "./reportVerdict.ts";

export type ProvenanceFlags = {
  readonly at?: string;
  readonly maxAge?: string;
  readonly attestors?: string;
  readonly owner?: string;
  readonly providerHash?: string;
  readonly contextAddress?: string;
  readonly keys?: string;
  readonly domain?: string;
  readonly minRsaBits: string;
  readonly json: boolean;
};

const rejectedExitCode = 2;
const maxKeyFileBytes = 1024 * 1024;

/** `persona provenance verify FILE`: the verdict on stdout, and as exit code 0 or 2; a file that is no evidence is an error. */
export async function provenanceVerify(file: string, flags: ProvenanceFlags): Promise<void> {
  const { kind, verdict, rule, fields } = await judgeFile(file, flags);
  process.stdout.write(
    flags.json
      ? jsonLine({ kind, verdict, rule, fields })
      : `${printable(reportVerdict({ kind, verdict, rule, fields }))}\n`,
  );
  if (verdict === "reject") process.exitCode = rejectedExitCode;
}

/** @throws PersonaError PROVENANCE_UNREADABLE, PROVENANCE_UNSUPPORTED, USAGE, CONFIG_INVALID */
export async function judgeFile(file: string, flags: ProvenanceFlags): Promise<ProvenanceVerdict> {
  const policies = parsePolicies(flags);
  const evidence = await readEvidence(file);
  return evidence.kind === "json"
    ? verifyJson(evidence.text, policies.reclaim, flags)
    : verifyMessage(evidence.bytes, policies.mail, flags);
}

async function verifyJson(text: string, policy: ReclaimPolicy, flags: ProvenanceFlags): Promise<ProvenanceVerdict> {
  const parsed = parseStrictJson(text, ["timestampS", "epoch"]);
  if (!parsed.ok) throw unreadable(problems[parsed.problem]);
  if (reclaimVerifier.recognises(parsed.value)) {
    refuseFlags(flags, ["domain"], "an e-mail's");
    return reclaimVerifier.verify(parsed.value, policy);
  }
  if (isTlsNotaryPresentation(parsed.value))
    throw new PersonaError("PROVENANCE_UNSUPPORTED", "This is a presentation of TLSNotary.");
  throw unreadable("The file is JSON, and no proof of a kind that is known.");
}

async function verifyMessage(
  bytes: Uint8Array,
  policy: MailPolicy,
  flags: ProvenanceFlags,
): Promise<ProvenanceVerdict> {
  refuseFlags(flags, ["attestors", "owner", "providerHash", "contextAddress"], "a Reclaim proof's");
  const { keys } = flags;
  const resolveKey =
    keys === undefined
      ? async () => undefined
      : readDkimKeys(await readSmallFile(keys, maxKeyFileBytes, "CONFIG_INVALID"), keys);
  // The library and its lists are loaded for mail alone.
  const { verifyMail } = await import("../../provenance/verifyMail.ts");
  return verifyMail(bytes, { resolveKey, policy });
}

const problems = {
  "not-json": "The file begins like JSON and is none.",
  "too-deep": "The JSON is nested deeper than any proof.",
  "name-repeated": "An object of the JSON has one name twice: two readers could read two things.",
} as const;

/** What was asked for and is not checked must not look as if it had been. */
function refuseFlags(flags: ProvenanceFlags, names: readonly (keyof ProvenanceFlags)[], whose: string): void {
  const given = names.filter((name) => flags[name] !== undefined);
  if (given.length === 0) return;
  const options = given.map((name) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
  throw new PersonaError("USAGE", `${options.join(", ")} is ${whose} alone, and the file is not one.`);
}

function parsePolicies(flags: ProvenanceFlags): { readonly reclaim: ReclaimPolicy; readonly mail: MailPolicy } {
  const at = flags.at === undefined ? Math.floor(Date.now() / 1_000) : wholeNumber("--at", flags.at);
  const age = flags.maxAge === undefined ? {} : { maxAgeSeconds: wholeNumber("--max-age", flags.maxAge) };
  const minRsaBits = wholeNumber("--min-rsa-bits", flags.minRsaBits);
  if (minRsaBits < leastRsaBits || minRsaBits > 16_384)
    throw new PersonaError("USAGE", `--min-rsa-bits is ${leastRsaBits} to 16384.`, { data: { given: minRsaBits } });
  const { attestors, owner, providerHash, contextAddress, domain } = flags;
  return {
    reclaim: {
      at,
      ...age,
      attestors: attestors === undefined ? reclaimAttestors : hexList("--attestors", attestors, 40),
      ...(owner === undefined ? {} : { owner: hexOf("--owner", owner, 40) }),
      ...(providerHash === undefined ? {} : { providerHashes: hexList("--provider-hash", providerHash, 64) }),
      ...(contextAddress === undefined ? {} : { contextAddress: hexOf("--context-address", contextAddress, 40) }),
    },
    mail: { at, ...age, minRsaBits, ...(domain === undefined ? {} : { domain: domainOf(domain) }) },
  };
}

function wholeNumber(flag: string, text: string): number {
  if (/^\d{1,11}$/.test(text)) return Number(text);
  throw new PersonaError("USAGE", `${flag} takes a whole number.`, { data: { given: text } });
}

const hexList = (flag: string, text: string, digits: number) =>
  text.split(",").map((item) => hexOf(flag, item.trim(), digits));

function hexOf(flag: string, text: string, digits: number): string {
  if (/^0x[0-9a-fA-F]+$/.test(text) && text.length === digits + 2) return text.toLowerCase();
  throw new PersonaError("USAGE", `${flag} takes 0x and ${digits} hex digits.`, { data: { given: text } });
}

function domainOf(text: string): string {
  if (/^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i.test(text)) return text.toLowerCase();
  throw new PersonaError("USAGE", "--domain takes a domain name, other alphabets as punycode.", {
    data: { given: text },
  });
}

const unreadable = (problem: string) => new PersonaError("PROVENANCE_UNREADABLE", problem);
