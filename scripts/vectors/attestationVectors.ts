import { chainEvidenceOf, workloadIdOf } from "@persona-protocol/sdk/attestation";
import {
  createSimulator,
  makeCrl,
  SIMULATED_EVALUATION,
  type Simulator,
} from "@persona-protocol/sdk/attestation/simulator";
import { sha256, utf8 } from "@persona-protocol/sdk/crypto";
import { bytesToHex } from "viem";
import { tcbCall } from "../../node/src/attestation/feedCollateral.ts";
import { rootOf, simulatedRoot } from "../../node/src/deploy/attestationRoot.ts";

/** Unix seconds; lists and texts are good for 30 days. */
const issuedAt = 1_800_000_000;
const lastsSeconds = 30 * 86_400;

/** Evidence of a simulated machine, and all that the chain is told of it: what contracts read, byte by byte. */
export function attestationVectors(): object {
  const seed = sha256(utf8("persona/attestation-vectors/v1"));
  const one = createSimulator({ seed, platform: "one" });
  const two = createSimulator({ seed, platform: "two", differs: { ca: "processor" } });
  const { pki } = one;
  const collateral = one.collateral({ tee: "tdx", issuedAt });
  const revoking = makeCrl({
    issuer: pki.platformCa.contents.subject,
    issuerKey: pki.platformCa.key,
    thisUpdate: issuedAt + 1,
    nextUpdate: issuedAt + lastsSeconds,
    number: 1,
    revoked: [Uint8Array.of(1, 2, 3), one.pck.serial],
  });
  return {
    issuedAt,
    lastsSeconds,
    evaluation: SIMULATED_EVALUATION,
    root: { ...simulatedRoot(), ...rootOf(pki.root.der) },
    fmspc: bytesToHex(one.platform.fmspc),
    certificates: {
      platformCa: bytesToHex(pki.platformCa.der),
      processorCa: bytesToHex(pki.processorCa.der),
      tcbSigner: bytesToHex(pki.tcbSigner.der),
      pck: bytesToHex(one.pck.der),
      pckOfProcessor: bytesToHex(two.pck.der),
    },
    lists: {
      root: bytesToHex(collateral.rootCaCrl),
      platform: bytesToHex(collateral.pckCrl),
      platformRevoking: bytesToHex(revoking),
      processor: bytesToHex(two.collateral({ tee: "tdx", issuedAt }).pckCrl),
    },
    tcb: { tdx: textsOf(one, "tdx"), sgx: textsOf(one, "sgx") },
    quotes: [one.tdxQuote({}), one.tdxQuote({}, { version: 5 }), one.tdxQuote({ td15: {} }), one.sgxQuote({})].map(
      (quote) => ({ evidence: bytesToHex(chainEvidenceOf(quote)), measurement: workloadIdOf(quote) }),
    ),
  };
}

function textsOf(machine: Simulator, tee: "tdx" | "sgx"): object {
  const [tcbInfo, tcbSignature, qeIdentity, qeSignature] = tcbCall(machine.collateral({ tee, issuedAt })).args;
  return { tcbInfo, tcbSignature, qeIdentity, qeSignature };
}
