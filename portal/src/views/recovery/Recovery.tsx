import type { Address } from "viem";
import { useSession } from "../../app/Session.tsx";
import { usePersona } from "../../protocol/usePersona.ts";
import { withOwner } from "../../ui/OwnerNeeded.tsx";
import { ReadOnly } from "../../ui/ReadOnly.tsx";
import { VaultGate } from "../../vault/VaultGate.tsx";
import { Backup } from "./Backup.tsx";
import { DeviceKey } from "./DeviceKey.tsx";
import { MakeKit } from "./MakeKit.tsx";
import { PeopleAndWallet } from "./PeopleAndWallet.tsx";
import { TestKit } from "./TestKit.tsx";

export const Recovery = withOwner(
  "Recovery",
  "The way back to an account's data when a device is lost, and what the chain says of it.",
  OwnedRecovery,
);

function OwnedRecovery({ owner }: { owner: Address }) {
  const persona = usePersona(owner);
  const { isOwn } = useSession();
  return (
    <>
      <div className="title">
        <h1>Recovery</h1>
        <p className="lede">
          Your data opens with a key of your own, which nobody else has. Lose it, and nobody can bring it back: neither
          we nor your guardians. Two things protect you: a recovery kit on paper, and a backup of your records in your
          store.
        </p>
      </div>
      {isOwn ? (
        <VaultGate persona={persona} why="To make a kit or a backup">
          {(vault) => (
            <>
              <MakeKit persona={persona} vault={vault} />
              <Backup persona={persona} vault={vault} />
              <DeviceKey vault={vault} />
            </>
          )}
        </VaultGate>
      ) : (
        <ReadOnly what="make a kit or a backup" />
      )}
      <TestKit persona={persona} />
      <PeopleAndWallet persona={persona} owner={owner} />
    </>
  );
}
