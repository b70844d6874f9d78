/**
 * In the place of WalletConnect's package, its relay and a phone, none of which can be had without the internet: the same functions, and a
 * phone that says yes when the test tells it to (`personaPhone.approve()`). What is tested with it is the page's own part.
 */
export const EthereumProvider = {
  async init({ optionalChains, rpcMap, projectId, showQrModal }) {
    const listeners = new Map();
    const emit = (event, value) => listeners.get(event)?.forEach((listener) => void listener(value));
    const kept = localStorage.getItem("stand-in-session");
    const provider = {
      session: kept === null ? undefined : { namespaces: {} },
      accounts: kept === null ? [] : [kept],
      chainId: optionalChains[0],
      events: { setMaxListeners() {} },
      on: (event, listener) => void listeners.set(event, (listeners.get(event) ?? new Set()).add(listener)),
      removeListener: (event, listener) => void listeners.get(event)?.delete(listener),
      async connect() {
        const approved = new Promise((resolve) => {
          globalThis.personaPhone = { projectId, showQrModal, approve: resolve };
        });
        emit("display_uri", "wc:stand-in@2?relay-protocol=irn");
        const account = await approved;
        localStorage.setItem("stand-in-session", account);
        provider.accounts = [account];
        provider.session = { namespaces: {} };
      },
      enable: async () => provider.accounts,
      async disconnect() {
        localStorage.removeItem("stand-in-session");
        provider.accounts = [];
        provider.session = undefined;
      },
      async request(call) {
        const body = JSON.stringify({ jsonrpc: "2.0", id: 1, ...call });
        const answer = await fetch(rpcMap[optionalChains[0]], { method: "POST", headers: { "content-type": "application/json" }, body });
        return (await answer.json()).result;
      },
    };
    return provider;
  },
};
