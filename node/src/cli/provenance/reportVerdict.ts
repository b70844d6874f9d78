import {
  isJsonObject,
  type MailWarning,
  mailRules,
  mailWarnings,
  type ProvenanceVerdict,
  reclaimRules,
} from "@persona-protocol/sdk/provenance";

/** What is proved, what is not, and by whom, for a person. The caller makes it fit for a terminal. */
export function reportVerdict(verdict: ProvenanceVerdict): string {
  return (verdict.kind === "reclaim" ? ofReclaim(verdict) : ofMail(verdict)).join("\n");
}

type Fields = Readonly<Record<string, unknown>>;

function ofReclaim({ verdict, rule, fields }: ProvenanceVerdict): string[] {
  const proofs = fields["proofs"];
  if (Array.isArray(proofs))
    return [
      verdict === "accept"
        ? `accepted: all ${proofs.length} proofs`
        : `rejected by the rule ${rule}: one of ${proofs.length} proofs`,
      ...proofs.flatMap((proof: ProvenanceVerdict, index) => [
        "",
        `proof ${index + 1}`,
        ...ofReclaim({ ...proof, kind: "reclaim" }).map((line) => `  ${line}`),
      ]),
    ];
  if (verdict === "reject")
    return [
      ...rejected(rule ?? "", reclaimRules),
      ...lines({ signers: fields["signers"], path: fields["path"] }),
      nothingProved,
    ];
  const unasked = list(fields["notAskedFor"]);
  return [
    "accepted: a Reclaim proof",
    ...lines({
      says: `${text(fields["signers"])} has signed that at ${text(fields["signedAt"])} this request had an answer of this form`,
      request: `${text(fields["method"])} ${text(fields["url"])}`,
      "read from it": JSON.stringify(fields["extractedParameters"]),
      for: text(fields["owner"]),
      "provider hash": text(fields["providerHashes"]),
    }),
    "not proved: that the attestor is honest and its key its own; what else was in the answer; that who shows the proof is who asked",
    ...(unasked.includes("provider-hash")
      ? ["not asked for: which request (--provider-hash): anybody can have any page of theirs attested"]
      : []),
    ...(unasked.includes("owner-bound") && unasked.includes("context-bound")
      ? ["not asked for: whose (--owner, --context-address): a proof can be copied"]
      : []),
    ...(unasked.includes("time-age") ? ["not asked for: how old it may be (--max-age)"] : []),
    ...lines({ "not signed": text(fields["notSigned"]) }),
  ];
}

function ofMail({ verdict, rule, fields }: ProvenanceVerdict): string[] {
  const signature = lines({
    from: text(fields["from"]),
    "signed by":
      fields["domain"] === undefined
        ? ""
        : `${text(fields["domain"])} (selector ${text(fields["selector"])}, ${text(fields["algorithm"])})`,
  });
  const others = list(fields["signatures"]).filter(isJsonObject);
  const each = others.map(
    (one) =>
      `  signature of ${text(one["domain"])}: ${text(one["rule"] ?? "holds")}${one["detail"] === null ? "" : ` (${text(one["detail"])})`}`,
  );
  if (verdict === "reject")
    return [...rejected(rule ?? "", mailRules), ...signature, ...each, ...arcLines(fields), nothingProved];
  return [
    "accepted: an e-mail with a DKIM signature",
    ...signature,
    ...lines({
      proves: "who held the domain's key sent these fields and this body",
      "signed at": text(fields["signedAt"]),
      "signed fields": text(fields["signedFields"]),
      "signed body": `${text(fields["bodyBytesSigned"])} of ${text(fields["bodyBytes"])} bytes`,
      "not signed": text(fields["unsignedFields"]),
    }),
    "not proved: which person at the domain wrote it (its mail server signs for all); that the key file is right, for nothing was looked up; when it was sent, but by the sender's clock",
    ...list(fields["warnings"]).map((name) => `warning ${text(name)}: ${mailWarnings[name as MailWarning]}`),
    ...(others.length > 1 ? each : []),
    ...arcLines(fields),
  ];
}

function arcLines(fields: Fields): string[] {
  const arc = fields["arc"];
  if (!isJsonObject(arc) || arc["result"] === "none") return [];
  const sealers = list(arc["sets"])
    .filter(isJsonObject)
    .map((set) => text(set["domain"]));
  return [
    `ARC ${text(arc["result"])}${arc["detail"] === null ? "" : ` (${text(arc["detail"])})`}: ${arc["result"] === "pass" ? `what ${sealers.join(", then ")} say that they had found; it changes no verdict` : "the forwarders' chain does not hold; it changes no verdict"}`,
  ];
}

const nothingProved = "nothing in it is proved";

const rejected = (rule: string, table: Readonly<Record<string, string>>) => [
  `rejected by the rule ${rule}`,
  `  wanted: ${table[rule] ?? ""}`,
];

const lines = (named: Fields) =>
  Object.entries(named).flatMap(([name, value]) => (text(value) === "" ? [] : [`  ${name}: ${text(value)}`]));

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** On one line: a line break of a stranger's could look like a line of ours. */
function text(value: unknown): string {
  if (Array.isArray(value)) return value.map(text).join(", ");
  return value === null || value === undefined ? "" : String(value).replace(/[\s\p{Zl}\p{Zp}]+/gu, " ");
}
