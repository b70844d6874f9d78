import type { AccessRequest, GrantPackage, PersonaClient } from "@persona-protocol/sdk";
import { encodeGrantPackage, type NodePolicy } from "@persona-protocol/sdk";
import { Vendor, VerifierKind } from "@persona-protocol/sdk/contracts";
import { printable } from "@persona-protocol/sdk/errors";
import { type ReactNode, useCallback, useMemo, useState } from "react";
import { formatUnits, isAddressEqual } from "viem";
import { isLocalChain } from "../../app/config.ts";
import { useSession } from "../../app/Session.tsx";
import { useDatasets } from "../../protocol/datasets.ts";
import { useWrite } from "../../protocol/useWrite.ts";
import { ErrorNotice } from "../../ui/ErrorNotice.tsx";
import { Field } from "../../ui/Field.tsx";
import { type DatasetRecord, keptGrant, toBase64 } from "../../vault/records.ts";
import { changeVault, type Vault } from "../../vault/vault.ts";
import { answer, type Kept } from "./inbox.ts";
import { type Narrowed, narrow } from "./narrow.ts";

/** What is granted: as asked, or less. Then the yes, by signature or on the chain, or the no. */
export function AnswerForm({
  persona,
  kept,
  request,
  vault,
  dismiss,
}: {
  persona: PersonaClient;
  kept: Kept;
  request: AccessRequest;
  vault: Vault;
  dismiss: ReactNode;
}) {
  const { config } = useSession();
  const { chainId } = config.network;
  const owner = persona.client.account.address;
  const { data: datasets = [] } = useDatasets(persona, owner);
  const candidates = useMemo(
    () => fitting(vault.content.records, request.segments, new Map(datasets.map((each) => [each.datasetId, each]))),
    [vault, request, datasets],
  );
  const [chosenId, setChosenId] = useState<string | undefined>(undefined);
  const record = candidates.find(({ dataset }) => dataset.datasetId === chosenId) ?? candidates[0];
  const offered = record?.dataset.segments.filter(({ name }) => request.segments.includes(name)) ?? [];
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const segments = offered.map(({ name }) => name).filter((name) => !left.has(name));
  const decimals = isAddressEqual(request.token, config.token.address) ? config.token.decimals : 0;
  const [days, setDays] = useState(String(Math.max(1, Math.floor(request.seconds / 86_400))));
  const [uses, setUses] = useState(String(request.uses));
  const [price, setPrice] = useState(formatUnits(request.price, decimals));
  const narrowed = narrow(request, { days, uses, price, decimals, segments });

  const allow = useWrite(
    useCallback(
      async (how: "signed" | "on chain", granted: Narrowed, of: DatasetRecord) => {
        const wanted = { request, dataset: of.dataset, ...granted, ...acceptedNodes(chainId) };
        const at = Math.floor(Date.now() / 1_000);
        const { calls, ...built } =
          how === "signed" ? { calls: [], ...(await persona.signGrant(wanted)) } : await persona.buildGrant(wanted);
        const grant: GrantPackage = built;
        // The own copy comes before the transaction: without it nobody could say later what was granted.
        await changeVault({ chainId, owner }, (content) => ({
          ...content,
          records: content.records.map((each) =>
            each.dataset.datasetId === of.dataset.datasetId ? withGrant(each, grant, at, kept.text) : each,
          ),
        }));
        if (how === "on chain") await persona.sendCalls(calls);
        await answer(chainId, kept, { how, at, package: toBase64(encodeGrantPackage(grant)) });
      },
      [persona, request, chainId, owner, kept],
    ),
    { busy: "Look into your wallet.", done: "You have allowed it. Hand the grant over below." },
  );

  if (record === undefined)
    return (
      <div className="notice notice-warn">
        <span>
          It asks for {request.segments.map((name) => `“${printable(name, { maxLength: 64 })}”`).join(", ")}. You have
          no data with {request.segments.length === 1 ? "a segment of that name" : "segments of those names"}:{" "}
          <a href="#/data">bring it first</a>, or say no.
        </span>
        <span className="row">{dismiss}</span>
      </div>
    );
  const isBusy = allow.state === "busy";
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (!("problems" in narrowed)) void allow.run("signed", narrowed, record);
      }}
    >
      <h3>What you would allow</h3>
      {candidates.length > 1 && (
        <Field label="From">
          <select value={record.dataset.datasetId} onChange={(event) => setChosenId(event.target.value)}>
            {candidates.map(({ dataset, portal }) => (
              <option key={dataset.datasetId} value={dataset.datasetId}>
                {printable(portal?.title ?? dataset.datasetId)}
              </option>
            ))}
          </select>
        </Field>
      )}
      <fieldset className="stack-tight plain-set">
        <legend className="label">On these segments</legend>
        {offered.map(({ name, records }) => (
          <label key={name} className="choice">
            <input
              type="checkbox"
              checked={!left.has(name)}
              onChange={(event) => {
                const next = new Set(left);
                if (event.target.checked) next.delete(name);
                else next.add(name);
                setLeft(next);
              }}
            />
            <span>
              {printable(name, { maxLength: 64 })} <span className="muted">· {records.toLocaleString()} records</span>
            </span>
          </label>
        ))}
        {request.segments
          .filter((name) => !offered.some((each) => each.name === name))
          .map((name) => (
            <span key={name} className="muted small">
              It also asked for “{printable(name, { maxLength: 64 })}”, which is not in this data.
            </span>
          ))}
      </fieldset>
      <div className="fields">
        <Field label="For how many days" hint={`asked: ${askedDays(request)}`} problem={problem(narrowed, "days")}>
          <input inputMode="decimal" value={days} onChange={(event) => setDays(event.target.value)} />
        </Field>
        <Field label="How often" hint={`asked: ${request.uses}`} problem={problem(narrowed, "uses")}>
          <input inputMode="numeric" value={uses} onChange={(event) => setUses(event.target.value)} />
        </Field>
        <Field
          label={decimals === 0 ? "Price a use, smallest units" : `Price a use, ${config.token.symbol}`}
          hint={`offered: ${formatUnits(request.price, decimals)}`}
          problem={problem(narrowed, "price")}
        >
          <input inputMode="decimal" value={price} onChange={(event) => setPrice(event.target.value)} />
        </Field>
      </div>
      {problem(narrowed, "segments") !== undefined && (
        <p className="small tag-bad" role="alert">
          {problem(narrowed, "segments")}
        </p>
      )}
      <ErrorNotice error={allow.error} />
      <p className="row">
        <button type="submit" className="main" disabled={isBusy || "problems" in narrowed}>
          {isBusy ? "Look into your wallet …" : "Allow by signature, free"}
        </button>
        <button
          type="button"
          disabled={isBusy || "problems" in narrowed}
          onClick={() => {
            if (!("problems" in narrowed)) void allow.run("on chain", narrowed, record);
          }}
        >
          Allow on the chain
        </button>
        {dismiss}
      </p>
      <p className="small muted">
        By signature costs nothing: nobody sees it before it is used first. On the chain costs the network's fee, and
        everybody can see at once that you have granted something, though not what. Both end the same way, under Grants.
      </p>
    </form>
  );
}

/** Enclaves on real silicon alone, whosever; on a local chain the SDK's own rule, because there is nothing but simulated ones. */
function acceptedNodes(chainId: number): { readonly nodePolicy?: NodePolicy } {
  if (isLocalChain(chainId)) return {};
  const verifierKinds = VerifierKind.dcap | VerifierKind.quorum;
  const vendors = Vendor.intel | Vendor.amd | Vendor.aws;
  return { nodePolicy: { verifierKinds, vendors, minStake: 0n, requesterMayNameNode: false } };
}

const problem = (narrowed: ReturnType<typeof narrow>, field: "days" | "uses" | "price" | "segments") =>
  "problems" in narrowed ? narrowed.problems[field] : undefined;

const askedDays = ({ seconds }: AccessRequest) =>
  seconds % 86_400 === 0 ? `${seconds / 86_400}` : `${(seconds / 86_400).toFixed(2)}`;

/** Own datasets that have some of the segments asked for, in the version that the chain has. */
function fitting(
  records: readonly DatasetRecord[],
  segments: readonly string[],
  onChain: ReadonlyMap<string, { readonly status: string; readonly version: number }>,
): readonly DatasetRecord[] {
  return records.filter(({ dataset }) => {
    const there = onChain.get(dataset.datasetId);
    const isCurrent = there?.status === "active" && there.version === dataset.version;
    return isCurrent && dataset.segments.some(({ name, records: count }) => segments.includes(name) && count > 0);
  });
}

function withGrant(record: DatasetRecord, grant: GrantPackage, at: number, request: string): DatasetRecord {
  const { portal } = record;
  const before = portal ?? { title: `Dataset ${record.dataset.datasetId.slice(0, 10)}…`, ranges: [], grants: [] };
  return { ...record, portal: { ...before, grants: [...before.grants, keptGrant(grant, at, request)] } };
}
