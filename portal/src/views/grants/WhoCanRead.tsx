import type { PersonaClient } from "@persona-protocol/sdk";
import { type Readers, whoCanRead } from "@persona-protocol/sdk/access";
import { printable } from "@persona-protocol/sdk/errors";
import { useQuery } from "@tanstack/react-query";
import { useSession } from "../../app/Session.tsx";
import { type DatasetRow, readKeyBoxHead } from "../../protocol/datasets.ts";
import type { OwnGrant } from "../../protocol/ownGrants.ts";
import { ErrorNotice } from "../../ui/ErrorNotice.tsx";
import { formatSpan } from "../../ui/formatSpan.ts";
import { Party } from "../../ui/Party.tsx";
import type { Vault } from "../../vault/vault.ts";

/** Who could read what right now, by the chain and not by what this page remembers. */
export function WhoCanRead({
  persona,
  datasets,
  grants,
  vault,
}: {
  persona: PersonaClient;
  /** Undefined while they are not known. */
  datasets: readonly DatasetRow[] | undefined;
  grants: readonly OwnGrant[];
  vault: Vault | undefined;
}) {
  const isKnown = datasets !== undefined;
  const active = (datasets ?? []).filter(({ status }) => status === "active");
  const signed = grants.filter(({ isSigned, state }) => isSigned && state === "active").length;
  return (
    <section className="card" aria-labelledby="who-can-read">
      <h2 id="who-can-read">Who could read what right now</h2>
      {!isKnown ? (
        <p className="muted">Not known: your datasets could not be read.</p>
      ) : active.length === 0 ? (
        <p className="muted">Nobody: there is no dataset of this account that grants work on.</p>
      ) : (
        active.map((dataset) => (
          <OfDataset
            key={dataset.datasetId}
            persona={persona}
            dataset={dataset}
            title={titleOf(vault, dataset)}
            signedCount={
              grants.filter((each) => each.isSigned && each.state === "active" && each.datasetId === dataset.datasetId)
                .length
            }
          />
        ))
      )}
      {signed === 0 && vault === undefined && (
        <p className="muted small">
          Grants that were signed and never used are on no chain: they are counted here only while your records are
          unlocked. The red button ends them all the same.
        </p>
      )}
    </section>
  );
}

export function titleOf(vault: Vault | undefined, { datasetId }: Pick<DatasetRow, "datasetId">): string {
  const record = vault?.content.records.find(({ dataset }) => dataset.datasetId === datasetId);
  return record?.portal?.title ?? `Dataset ${datasetId.slice(0, 10)}…`;
}

function OfDataset({
  persona,
  dataset,
  title,
  signedCount,
}: {
  persona: PersonaClient;
  dataset: DatasetRow;
  title: string;
  signedCount: number;
}) {
  const { config } = useSession();
  const { datasetId, versions } = dataset;
  const head = versions.at(-1)?.head;
  const { data, error, isPending } = useQuery({
    queryKey: ["readers", persona.deployment.chainId, datasetId, dataset.version],
    queryFn: async () => {
      if (head === undefined) throw new Error("The chain shows no version of this dataset.");
      const { guardians, threshold } = await readKeyBoxHead(config, head);
      const { client, deployment } = persona;
      return whoCanRead({ client, deployment }, { datasetId, guardians, threshold });
    },
  });
  return (
    <div className="stack-tight">
      <h3>
        <bdi>{printable(title)}</bdi>
      </h3>
      {isPending && <p className="muted">Asking the chain …</p>}
      <ErrorNotice error={error} what="It is not certain who could read this: the answer could not be had." />
      {data !== undefined && <Answer persona={persona} readers={data} signedCount={signedCount} />}
    </div>
  );
}

function Answer({ persona, readers, signedCount }: { persona: PersonaClient; readers: Readers; signedCount: number }) {
  const usable = readers.grants.filter(({ usesLeft }) => usesLeft > 0);
  const { guardians, rootKey, writers, enclaves } = readers;
  return (
    <>
      <ul className="lines">
        {usable.length === 0 && signedCount === 0 && (
          <li>Nobody may run a program on it. Only you can open it, with your key.</li>
        )}
        {usable.map(({ grantHash, grantee, usesLeft }) => (
          <li key={grantHash}>
            <Party persona={persona} account={grantee} />
            <span className="muted small">
              gets results of one program, {usesLeft} more time{usesLeft === 1 ? "" : "s"}. It never sees the data.
            </span>
          </li>
        ))}
        {signedCount > 0 && (
          <li>
            Whoever has the {signedCount} grant{signedCount === 1 ? "" : "s"} that you have signed and that nobody has
            used yet.
          </li>
        )}
      </ul>
      <details>
        <summary>Against the rules: who could, if they worked together</summary>
        <ul className="stack-tight muted">
          <li>
            Any {guardians.threshold} of {guardians.members.length} guardians of your keys, run by {guardians.operators}{" "}
            operator
            {guardians.operators === 1 ? "" : "s"}. {guardians.fewestOperators} of them would be enough.
          </li>
          <li>
            {enclaves.length} enclave{enclaves.length === 1 ? "" : "s"} could be given a job
            {enclaves.some(({ simulated }) => simulated) && ": SIMULATED, whoever runs one sees what is in it"}.
          </li>
          {writers.length > 0 && <li>{writers.length} writer(s) may add to it; they cannot read it.</li>}
          <li>
            {rootKey.people === undefined
              ? "Whoever has your recovery kit and its passphrase."
              : `People of your recovery plan, together, after ${formatSpan(rootKey.custody?.delay ?? 0)} without your veto; and whoever has your recovery kit.`}
          </li>
          {rootKey.requests.map(({ requester, counts }) => (
            <li key={requester} className="tag-bad">
              A recovery of your key was asked for{counts ? " and counts now" : ""}: see Recovery, and veto it if it is
              not yours.
            </li>
          ))}
        </ul>
      </details>
    </>
  );
}
