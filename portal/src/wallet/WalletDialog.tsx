import { lazy, Suspense } from "react";
import type { Address } from "viem";
import { useBytecode, useConnect, useConnectors, useDisconnect } from "wagmi";
import { announce } from "../app/announce.ts";
import { useSession } from "../app/Session.tsx";
import { CopyButton } from "../ui/CopyButton.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { walletProblem } from "./walletProblem.ts";

/** Where the page is built without it, nothing of it is in the page. */
const WalletConnectOffer =
  __WALLETCONNECT_PROJECT_ID__ === ""
    ? undefined
    : lazy(async () => ({ default: (await import("./WalletConnectOffer.tsx")).WalletConnectOffer }));

export function WalletDialog({ onClose }: { onClose: () => void }) {
  const { wallet } = useSession();
  return wallet === undefined ? <Choose onClose={onClose} /> : <Connected onClose={onClose} />;
}

function Choose({ onClose }: { onClose: () => void }) {
  const { config, look } = useSession();
  const connectors = useConnectors().filter(({ type }) => type !== "walletConnect");
  // Said to the hook, not to one call: the list is gone as soon as a wallet is there.
  const onSuccess = () => {
    look(undefined);
    announce("Wallet connected.");
    onClose();
  };
  const { mutate, isPending, variables, error } = useConnect({ mutation: { onSuccess } });
  return (
    <Dialog title="Connect a wallet" onClose={onClose}>
      <p className="muted">
        The page sees your address and asks you before anything is signed. Connecting gives it no key, and no say over
        your money.
      </p>
      {connectors.length === 0 ? (
        <div className="notice">
          <strong>No wallet was found in this browser.</strong>
          <span>
            Install one that announces itself to pages (most do), then come back. Until then you can look at any address
            from the overview.
          </span>
        </div>
      ) : (
        <ul className="wallets">
          {connectors.map((connector) => (
            <li key={connector.uid}>
              <button
                type="button"
                disabled={isPending}
                onClick={() => mutate({ connector, chainId: config.network.chainId })}
              >
                <WalletIcon icon={connector.icon} />
                {/* A wallet's name is its maker's: shown as text, short. */}
                <bdi>{connector.name.slice(0, 40)}</bdi>
                {isPending && variables?.connector === connector && (
                  <span className="muted">look into your wallet …</span>
                )}
              </button>
            </li>
          ))}
        </ul>
      )}
      {error !== null && (
        <p className="notice notice-bad" role="alert">
          {walletProblem(error)}
        </p>
      )}
      {WalletConnectOffer !== undefined && (
        <Suspense fallback={null}>
          <WalletConnectOffer onConnected={onSuccess} />
        </Suspense>
      )}
    </Dialog>
  );
}

/** EIP-6963: an icon is a data URI. Anything else would be a request to a stranger. */
function WalletIcon({ icon }: { icon: string | undefined }) {
  if (icon === undefined || !icon.trim().startsWith("data:image/")) return null;
  return <img src={icon.trim()} alt="" />;
}

function Connected({ onClose }: { onClose: () => void }) {
  const { wallet } = useSession();
  const { mutate } = useDisconnect();
  if (wallet === undefined) return null;
  return (
    <Dialog title="Your wallet" onClose={onClose}>
      <dl className="facts">
        <dt>Wallet</dt>
        <dd>
          <bdi>{wallet.name.slice(0, 40)}</bdi>
        </dd>
        <dt>Account</dt>
        <dd className="row">
          <span className="mono">{wallet.address}</span> <CopyButton text={wallet.address} what="address" />
        </dd>
        <dt>Kind</dt>
        <dd>
          <AccountKind address={wallet.address} />
        </dd>
      </dl>
      <p className="row">
        <button
          type="button"
          onClick={() => {
            mutate({}, { onSuccess: () => announce("Wallet disconnected.") });
            onClose();
          }}
        >
          Disconnect
        </button>
      </p>
    </Dialog>
  );
}

/** Whose word a signature is: a key's, or that of code that was put in its place. */
function AccountKind({ address }: { address: Address }) {
  const { config } = useSession();
  const { data: code, isPending, isError } = useBytecode({ address, chainId: config.network.chainId });
  if (isPending) return "being looked up …";
  if (isError) return "not known: the network does not answer";
  if (!code) return "a key";
  // EIP-7702: what stands at the address names whose code it runs.
  if (code.startsWith("0xef0100"))
    return (
      <>
        a key that has delegated to code (EIP-7702), at <span className="mono">{`0x${code.slice(8)}`}</span>; your key's
        own signature goes on counting
      </>
    );
  return "a contract (ERC-1271): it says itself which signatures are its own, each time that one is used";
}
