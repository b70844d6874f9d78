import type { PersonaClient } from "@persona-protocol/sdk";
import { type Address, getAddress } from "viem";
import { useApp } from "../protocol/apps.ts";
import { CopyButton } from "./CopyButton.tsx";
import { Domain } from "./Domain.tsx";
import { ForeignName } from "./Foreign.tsx";
import { shortAddress } from "./shortAddress.ts";
import { Time } from "./Time.tsx";

/** Who an account is: the app that it acts for, if there is one, and always the account itself. */
export function Party({
  persona,
  account,
  full = false,
}: {
  persona: PersonaClient;
  account: Address;
  full?: boolean;
}) {
  const { data: app, isError } = useApp(persona, account);
  const shown = full ? getAddress(account) : shortAddress(getAddress(account));
  return (
    <span className="stack-tight">
      <span className="row">
        {app ? (
          <strong>
            <ForeignName text={app.name} />
          </strong>
        ) : (
          app === null && <span className="tag tag-warn">no registered app</span>
        )}
        {isError && <span className="tag">app unknown: the chain did not say</span>}
        <span className="mono muted" title={getAddress(account)}>
          {shown}
        </span>
        <CopyButton text={getAddress(account)} what="address" />
      </span>
      {app && full && (
        <>
          <Domain domain={app.domain} />
          {app.registeredAt !== undefined && (
            <span className="small muted">
              known to the registry since <Time at={app.registeredAt} away />. Its name was chosen by itself and is not
              unique.
            </span>
          )}
        </>
      )}
    </span>
  );
}
