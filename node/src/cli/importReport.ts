import type { ImportRemark, importArchive, KnownRecords } from "@persona-protocol/sdk/ingest";
import Table from "cli-table3";
import { jsonLine } from "./jsonLine.ts";
import { printable } from "./runCommand.ts";

type Imported = importArchive.ReturnType;

/** Where an import went; undefined for a dry run. */
export type PublishedImport = {
  readonly datasetId: string;
  readonly out: string;
  readonly keystore: string | undefined;
  /** Undefined when nothing was new, and nothing sent. */
  readonly gasUsed: bigint | undefined;
  /** Version of a dataset that was added to. */
  readonly version?: number;
};

/** What a dataset held before, and how much of it is in the export. */
type KnownCounts = ReturnType<KnownRecords["counts"]>;

/** What became of other people, in the words of `--third-parties`. */
export type ThirdPartyPolicy = "keep" | "pseudonymise" | "omit";

/** Says what was found, never what is in it. */
export function printImport(
  imported: Imported,
  {
    published,
    known,
    policy,
    json,
    report,
  }: {
    published: PublishedImport | undefined;
    known?: KnownCounts;
    policy: ThirdPartyPolicy;
    json: boolean;
    /** Of a dry run: all there is to say, and not only what is promised to stay as it is. */
    report: boolean;
  },
): void {
  const asked = published !== undefined || report ? asJson : inShort;
  process.stdout.write(
    json ? jsonLine(asked(imported, published, policy, known)) : asText(imported, published, policy, known),
  );
}

/** What `--dry-run --json` prints: these fields and no others. Reasons are counted over all segments. */
function inShort({ connector, segments, remarks }: Imported) {
  const skipped = new Map<string, number>();
  for (const { kind, reason, count } of remarks)
    if (kind === "skipped") skipped.set(reason, (skipped.get(reason) ?? 0) + count);
  return {
    connector,
    segments: segments.map(({ name, records, from, to }) => ({ name, records, from, to })),
    skipped: [...skipped].map(([reason, count]) => ({ reason, count })),
  };
}

function asJson(
  { connector, also, segments, ownerOnly, remarks }: Imported,
  published: PublishedImport | undefined,
  policy: ThirdPartyPolicy,
  known: KnownCounts | undefined,
) {
  return {
    ok: true,
    dryRun: published === undefined,
    connector,
    also,
    segments: segments.map(segmentLine),
    ownerOnly: ownerOnly.map(segmentLine),
    thirdParties: policy,
    skipped: ofKind(remarks, "skipped"),
    changed: ofKind(remarks, "changed"),
    ...(published === undefined
      ? {}
      : {
          datasetId: published.datasetId,
          out: published.out,
          keystore: published.keystore ?? null,
          gasUsed: published.gasUsed === undefined ? null : Number(published.gasUsed),
          ...(published.version === undefined ? {} : { version: published.version }),
        }),
    ...(known === undefined
      ? {}
      : { dataset: known.map(({ segment, held, found }) => ({ name: segment, held, found })) }),
  };
}

function segmentLine({ name, schema, records, from, to, content }: Imported["segments"][number]) {
  return { name, schema, records, from, to, bytes: content.size };
}

function ofKind(remarks: readonly ImportRemark[], wanted: ImportRemark["kind"]) {
  return remarks
    .filter(({ kind }) => kind === wanted)
    .map(({ segment, reason, count }) => ({ segment, reason, count }));
}

const policies: Readonly<Record<ThirdPartyPolicy, string>> = {
  keep: "Other people are named in it as in the export (--third-parties keep).",
  pseudonymise:
    "Names, handles and addresses of other people are pseudonyms; who is who stands in the segment people, which is yours alone (--third-parties).",
  omit: "Other people, and what they wrote, are left out (--third-parties omit).",
};

function asText(
  { connector, also, segments, ownerOnly, remarks }: Imported,
  published: PublishedImport | undefined,
  policy: ThirdPartyPolicy,
  known: KnownCounts | undefined,
): string {
  const lines = [`recognised by ${connector}`, segmentTable(segments)];
  const yours = ownerOnly.filter(({ records }) => records > 0);
  if (yours.length > 0) lines.push("yours alone, for no program unless you say so:", segmentTable(yours));
  if (remarks.length > 0) lines.push(remarkTable(remarks));
  lines.push(policies[policy]);
  if (also.length > 0)
    lines.push(`It also holds what is read by ${also.join(", ")}: import it again with --connector.`);
  if (published === undefined) lines.push("Nothing was published: this was a dry run.");
  else {
    for (const { segment, held, found } of known ?? [])
      if (held > found && segment !== "people")
        lines.push(`${segment}: ${held - found} of the dataset are not in this export; they stay.`);
    if (known !== undefined)
      lines.push(published.gasUsed === undefined ? "Nothing is new: nothing was sent." : "Only what is new was added.");
    lines.push(
      `dataset   ${published.datasetId}`,
      `record    ${published.out} (private: keep it; persona recovery backup puts it where you find it again)`,
    );
    if (published.keystore !== undefined)
      lines.push(
        `root key  ${published.keystore} (keep a copy: without it and its passphrase your own way in is lost)`,
      );
  }
  return `${printable(lines.join("\n"))}\n`;
}

/** Without colours: what is printed goes through `printable`, and into files. */
const plain = { style: { head: [], border: [] } };

function segmentTable(segments: Imported["segments"]): string {
  const day = (time: Date | null) => time?.toISOString().slice(0, 10) ?? "–";
  const table = new Table({
    ...plain,
    head: ["segment", "schema", "records", "from", "to", "bytes"],
    colAligns: ["left", "left", "right", "left", "left", "right"],
  });
  for (const { name, schema, records, from, to, content } of segments)
    table.push([name, schema, records, day(from), day(to), content.size]);
  return table.toString();
}

function remarkTable(remarks: readonly ImportRemark[]): string {
  const table = new Table({
    ...plain,
    head: ["segment", "records", "", "why"],
    colAligns: ["left", "right", "left", "left"],
  });
  for (const { segment, count, kind, reason } of remarks) table.push([segment ?? "–", count, kind, reason]);
  return table.toString();
}
