export { assembleQuote, type QuoteContents } from "./assembleQuote.ts";
export { createSimulator, type Simulator, type SimulatorParameters } from "./createSimulator.ts";
export {
  type CertificateContents,
  type CertificateKey,
  type CrlContents,
  makeCertificate,
  makeCrl,
  writePem,
} from "./makeCertificate.ts";
export { type CollateralContents, type SimulatedLevel, writeQeIdentity, writeTcbInfo } from "./simulatedCollateral.ts";
export { simulatedEnclave, simulatedQe, simulatedTd } from "./simulatedEnclaves.ts";
export { derSignature, type SimulatedKey, simulatedKey } from "./simulatedKey.ts";
export { createSimulatedNitro, type NitroContents, type SimulatedNitro } from "./simulatedNitro.ts";
export { type SimulatedP384Key, simulatedP384Key } from "./simulatedP384Key.ts";
export { createSimulatedPki, type SimulatedCertificate, type SimulatedPki } from "./simulatedPki.ts";
export {
  SIMULATED_COMPONENTS,
  type SimulatedPlatform,
  simulatedPlatform,
  writePckExtension,
} from "./simulatedPlatform.ts";
export {
  chipExtensions,
  createSimulatedSnp,
  type SimulatedSnp,
  type SnpContents,
  simulatedSnpTcb,
} from "./simulatedSnp.ts";
export {
  type SgxReportContents,
  type TdReportContents,
  writeSgxReport,
  writeTdReport,
} from "./writeReports.ts";
