import { fromHex, sha256, utf8 } from "../../crypto/index.ts";
import { PCK_EXTENSION_OID } from "../dcap/intelNames.ts";
import { writeBoolean, writeDer, writeNumber, writeOctets, writeOid, writeSequence } from "./writeDer.ts";

/** What Intel would say of a simulated platform in its PCK certificate. */
export type SimulatedPlatform = {
  /** Which CA certifies it: platforms with several packages, or with one. */
  readonly ca: "platform" | "processor";
  /** 16 bytes. */
  readonly ppid: Uint8Array;
  /** 16 numbers up to 255; CPUSVN are the same 16 bytes. */
  readonly components: readonly number[];
  readonly pceSvn: number;
  /** 2 bytes. */
  readonly pceId: Uint8Array;
  /** 6 bytes. */
  readonly fmspc: Uint8Array;
};

/** A family of platforms that Intel does not make. */
const SIMULATED_FMSPC = fromHex("0x00de7e570000");
export const SIMULATED_COMPONENTS: readonly number[] = [3, 3, 2, 2, 4, 1, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0];
export const SIMULATED_PCE_SVN = 13;

/** The platform of this name, up to date. */
export function simulatedPlatform(name: string): SimulatedPlatform {
  return {
    ca: "platform",
    ppid: sha256(utf8(`persona/simulated-ppid/v1/${name}`)).subarray(0, 16),
    components: SIMULATED_COMPONENTS,
    pceSvn: SIMULATED_PCE_SVN,
    pceId: new Uint8Array(2),
    fmspc: SIMULATED_FMSPC,
  };
}

/** The value of a PCK certificate's SGX extension, in the order in which Intel writes its fields. */
export function writePckExtension(platform: SimulatedPlatform): Uint8Array<ArrayBuffer> {
  const { ca, ppid, components, pceSvn, pceId, fmspc } = platform;
  const field = (arcs: string, value: Uint8Array): Uint8Array =>
    writeSequence(writeOid(`${PCK_EXTENSION_OID}.${arcs}`), value);
  const tcb = [
    ...components.map((svn, index) => field(`2.${index + 1}`, writeNumber(svn))),
    field("2.17", writeNumber(pceSvn)),
    field("2.18", writeOctets(Uint8Array.from(components))),
  ];
  const ofPlatform = [
    field("6", writeOctets(sha256(ppid).subarray(0, 16))),
    field(
      "7",
      writeSequence(
        field("7.1", writeBoolean(true)),
        field("7.2", writeBoolean(true)),
        field("7.3", writeBoolean(true)),
      ),
    ),
  ];
  return writeSequence(
    field("1", writeOctets(ppid)),
    field("2", writeSequence(...tcb)),
    field("3", writeOctets(pceId)),
    field("4", writeOctets(fmspc)),
    field("5", writeDer(0x0a, Uint8Array.of(ca === "platform" ? 1 : 0))),
    ...(ca === "platform" ? ofPlatform : []),
  );
}
