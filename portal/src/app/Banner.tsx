import { useSwitchChain } from "wagmi";
import { shortAddress } from "../ui/shortAddress.ts";
import { walletProblem } from "../wallet/walletProblem.ts";
import { ChainState } from "./ChainState.tsx";
import { useSession } from "./Session.tsx";

/** What must be known on every view: whether this protects anything, whether the chain answers, whose wallet this is. */
export function Banner() {
  const { config, wallet, owner, isOwn, look } = useSession();
  const { name, simulated, chainId } = config.network;
  const isElsewhere = wallet !== undefined && wallet.chainId !== chainId;
  return (
    <section className="strip stack-tight no-print" aria-label="Notices">
      <ChainState />
      {simulated && (
        <p className="notice notice-warn small">
          <span>
            <strong>{name}: a network to try things on.</strong> Its enclaves are simulated, so nothing here is
            protected. Use invented data.
          </span>
        </p>
      )}
      {isElsewhere && <WrongChain />}
      {owner !== undefined && !isOwn && (
        <div className="notice small">
          <span>
            You are looking at <span className="mono">{shortAddress(owner)}</span>
            {wallet === undefined ? " without a wallet" : ", which is not your wallet's account"}. You see what
            everybody can see, and can change nothing.
          </span>
          <button type="button" className="plain" onClick={() => look(undefined)}>
            {wallet === undefined ? "Stop looking" : "Back to my own account"}
          </button>
        </div>
      )}
    </section>
  );
}

function WrongChain() {
  const { config } = useSession();
  const { mutate, isPending, error } = useSwitchChain();
  const { name, chainId } = config.network;
  return (
    <div className="notice notice-warn" role="alert">
      <span>
        <strong>Your wallet is on another network.</strong> What you see here is on {name}. Nothing can be signed until
        the wallet is on it, too.
      </span>
      <span className="row">
        <button type="button" disabled={isPending} onClick={() => mutate({ chainId })}>
          {isPending ? "Look into your wallet …" : `Switch to ${name}`}
        </button>
      </span>
      {error !== null && <span>{walletProblem(error)}</span>}
    </div>
  );
}
