import { isoTime } from "../show.ts";
import type { DatasetProvenance, SegmentProvenance } from "./datasetOrigin.ts";

/** Where a dataset's segments come from, for a person: what is known, who says so, and what that is worth. */
export function reportOrigin({
  datasetId,
  version,
  publishedAt,
  status,
  isOpened,
  segments,
}: DatasetProvenance): string[] {
  return [
    `dataset ${datasetId}, ${status}, version ${version}${publishedAt === undefined ? "" : ` published ${isoTime(publishedAt)}`}`,
    ...segments.flatMap((segment) => ofSegment(segment, isOpened)),
    ...(isOpened
      ? []
      : [
          "Method, evidence and enclave are sealed: the owner sees them with the record, --keystore and its passphrase file.",
        ]),
  ];
}

function ofSegment(segment: SegmentProvenance, isOpened: boolean): string[] {
  const { index, name, level, version, publishedAt, origin } = segment;
  const when = publishedAt === undefined ? "" : `, ${isoTime(publishedAt)}`;
  return [
    `segment ${index}${name === undefined ? "" : ` (${name})`}: ${level}`,
    `  ${worth(segment)}`,
    `  written with version ${version}${when}${by(segment)}`,
    ...(origin === undefined
      ? isOpened
        ? ["  it says nothing of its method"]
        : []
      : [
          `  method ${origin.method}, ${isoTime(origin.at)}, ${origin.evidence === null ? "no evidence" : `evidence ${origin.evidence}`}`,
          origin.enclave === null
            ? "  by no enclave: on the owner's own device"
            : `  by the enclave key ${origin.enclave.signer} of the build ${origin.enclave.measurement}`,
        ]),
  ];
}

function by({ publishedBy, writer, signer }: SegmentProvenance): string {
  if (publishedBy === undefined) return "";
  if (publishedBy === "owner") return " by the owner";
  const who = publishedBy === "key" ? "a writer's key" : "a writer, the build";
  return ` by ${who} ${writer}${publishedBy === "measurement" ? `, with its enclave key ${signer}` : ""}`;
}

/** Plainly: who could have made it up. */
function worth({ level, publishedBy, measurementAllowed, enclaveRegistered }: SegmentProvenance): string {
  if (level === "none") return "Nobody vouches for it: its owner could have changed it before it was published.";
  if (enclaveRegistered === false)
    return "The enclave that it names has no key in the registry, or its build is not allowed: it counts as none.";
  if (enclaveRegistered === true && publishedBy !== "measurement")
    return "Whoever published it says so, and names an attested enclave; that it is this enclave's work they alone say.";
  if (publishedBy !== "measurement")
    return "Whoever published it says so, and no enclave has signed for it: as good as the owner's word.";
  if (measurementAllowed === false)
    return "An enclave published it, but its build is not allowed any more: believe it no more than the owner's word.";
  return level === "ingest-enclave"
    ? "An attested enclave fetched it at its source and published it: its owner could not change it on the way."
    : "An attested enclave verified a third party's proof of it and published it.";
}
