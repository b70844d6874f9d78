import type { CreateConnectorFn } from "wagmi";
import { walletConnect } from "wagmi/connectors/walletConnect";

/**
 * wagmi's connector loads WalletConnect and talks to its relay as soon as it is in wagmi's list. So it is put there only for who chooses
 * it, or came by it last time. Its own dialog is left out: that asks third parties for pictures and fonts, which the page's policy forbids.
 */
export function walletConnectBy(onAddress: (uri: string) => void = () => {}): CreateConnectorFn {
  const create = walletConnect({ projectId: __WALLETCONNECT_PROJECT_ID__, showQrModal: false });
  return (parameters) => {
    parameters.emitter.on("message", ({ type, data }) => {
      if (type === "display_uri" && typeof data === "string" && data.startsWith("wc:")) onAddress(data);
    });
    return create(parameters);
  };
}
