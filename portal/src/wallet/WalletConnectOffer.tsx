import { useState } from "react";
import { useConnect } from "wagmi";
import { useSession } from "../app/Session.tsx";
import { CopyButton } from "../ui/CopyButton.tsx";
import { walletProblem } from "./walletProblem.ts";

/** A wallet on another device, by WalletConnect's relay. Nothing of it is loaded, and nobody is asked, before it is chosen. */
export function WalletConnectOffer({ onConnected }: { onConnected: () => void }) {
  const { config } = useSession();
  const [uri, setUri] = useState<string | undefined>(undefined);
  const [isLoading, setIsLoading] = useState(false);
  const [failure, setFailure] = useState<unknown>(undefined);
  const { mutate, isPending, error } = useConnect({ mutation: { onSuccess: onConnected } });
  const choose = async () => {
    setIsLoading(true);
    setFailure(undefined);
    try {
      const { walletConnectBy } = await import("./walletConnect.ts");
      mutate({ connector: walletConnectBy(setUri), chainId: config.network.chainId });
    } catch (problem) {
      setFailure(problem);
    } finally {
      setIsLoading(false);
    }
  };
  const problem = error ?? failure;
  return (
    <div className="stack-tight">
      <p>
        <button type="button" disabled={isLoading || isPending} onClick={() => void choose()}>
          A wallet on another device (WalletConnect)
        </button>
      </p>
      <p className="small muted">
        By a relay of WalletConnect's makers. It sees that you connect, and when, but not what you sign.
      </p>
      {uri !== undefined && isPending && (
        <div className="notice" role="status">
          <span>Open your wallet, choose “connect by WalletConnect”, and paste this address. Then say yes there.</span>
          <span className="row">
            <CopyButton text={uri} what="connection's address" label="Copy the address" />
            <a href={uri}>Open in a wallet on this device</a>
          </span>
        </div>
      )}
      {problem !== null && problem !== undefined && (
        <p className="notice notice-bad" role="alert">
          {walletProblem(problem)}
        </p>
      )}
    </div>
  );
}
