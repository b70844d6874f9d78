import type { Address } from "viem";
import { useSession } from "../../app/Session.tsx";
import { useDatasets } from "../../protocol/datasets.ts";
import { useOwnGrants } from "../../protocol/ownGrants.ts";
import { usePersona } from "../../protocol/usePersona.ts";
import { Empty } from "../../ui/Empty.tsx";
import { ErrorNotice } from "../../ui/ErrorNotice.tsx";
import { withOwner } from "../../ui/OwnerNeeded.tsx";
import { Pending } from "../../ui/Pending.tsx";
import { ReadOnly } from "../../ui/ReadOnly.tsx";
import { useVault } from "../../vault/useVault.ts";
import { VaultGate } from "../../vault/VaultGate.tsx";
import { DatasetCard } from "./DatasetCard.tsx";
import { ImportPanel } from "./ImportPanel.tsx";

export const Data = withOwner(
  "My data",
  "What an account has brought, where it is kept, how many copies are whole, and the way to erase it.",
  OwnedData,
);

function OwnedData({ owner }: { owner: Address }) {
  const persona = usePersona(owner);
  const { canWrite } = useSession();
  const { vault } = useVault(owner);
  const { data: datasets, error, isPending } = useDatasets(persona, owner);
  const { grants } = useOwnGrants(persona, owner, vault);
  return (
    <>
      <div className="title">
        <h1>My data</h1>
        <p className="lede">
          Each dataset is one export of yours, encrypted in a browser or by the command before it was stored. The chain
          knows that it is there and whose it is; what it holds, and the names of its parts, only you know.
        </p>
      </div>
      <ErrorNotice error={error} what="Your datasets could not be read." />
      {isPending ? (
        <Pending what="datasets" />
      ) : datasets === undefined ? null : datasets.length === 0 ? (
        <Empty title="No data yet">
          <p className="muted">
            Ask a service that you use for a copy of your data. X, Instagram, Google, your bank, your phone's health app
            and many more give you a file. Drop it below as it is.
          </p>
        </Empty>
      ) : (
        <ul className="list">
          {datasets.map((dataset) => (
            <li key={dataset.datasetId}>
              <DatasetCard
                persona={persona}
                dataset={dataset}
                vault={vault}
                activeGrants={
                  grants.filter((each) => each.datasetId === dataset.datasetId && each.state === "active").length
                }
              />
            </li>
          ))}
        </ul>
      )}
      <section className="stack" aria-labelledby="bring">
        <h2 id="bring">Bring more</h2>
        {canWrite ? (
          <VaultGate persona={persona} why="To bring data">
            {(open) => <ImportPanel persona={persona} vault={open} />}
          </VaultGate>
        ) : (
          <ReadOnly what="bring data" />
        )}
      </section>
      {canWrite && vault === undefined && datasets !== undefined && datasets.length > 0 && (
        <p className="muted small">Unlock your records above to see the names and counts of what each dataset holds.</p>
      )}
    </>
  );
}
