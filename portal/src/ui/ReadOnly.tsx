import { useSession } from "../app/Session.tsx";

/** Why there is no button here. */
export function ReadOnly({ what }: { what: string }) {
  const { wallet, isOwn, config } = useSession();
  const why =
    wallet === undefined
      ? `Connect the owner's wallet to ${what}.`
      : !isOwn
        ? `Only the owner's own wallet can ${what}.`
        : wallet.chainId !== config.network.chainId
          ? `Switch your wallet to ${config.network.name} to ${what}.`
          : "Your wallet is not ready yet.";
  return <p className="muted small">{why}</p>;
}
