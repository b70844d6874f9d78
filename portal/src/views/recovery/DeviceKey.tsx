import { useSession } from "../../app/Session.tsx";
import { lockVault, type Vault } from "../../vault/vault.ts";

export function DeviceKey({ vault }: { vault: Vault }) {
  const { config } = useSession();
  return (
    <section className="card card-quiet" aria-labelledby="device-key">
      <h2 id="device-key">The key on this device</h2>
      <dl className="facts">
        <dt>Its public name</dt>
        <dd className="mono small">{vault.rootKeyId}</dd>
        <dt>Here</dt>
        <dd>open until you lock it or close the page; at rest it is sealed under your passphrase</dd>
      </dl>
      <p>
        <button type="button" onClick={() => lockVault({ chainId: config.network.chainId, owner: vault.owner })}>
          Lock it now
        </button>
      </p>
    </section>
  );
}
