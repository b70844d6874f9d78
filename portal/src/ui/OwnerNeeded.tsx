import type { ComponentType } from "react";
import type { Address } from "viem";
import { useSession } from "../app/Session.tsx";
import { Empty } from "./Empty.tsx";

/** A view about an owner, where there is one; else what would be here. */
export function withOwner(
  title: string,
  about: string,
  View: ComponentType<{ owner: Address }>,
): ComponentType<Record<never, never>> {
  return function Owned() {
    const { owner } = useSession();
    if (owner === undefined)
      return (
        <>
          <h1>{title}</h1>
          <Empty title="Nobody is chosen yet">
            <p className="muted">{about}</p>
            <p className="muted">
              Connect your wallet at the top, or <a href="#/">look at any address</a> without one.
            </p>
          </Empty>
        </>
      );
    return <View key={owner} owner={owner} />;
  };
}
