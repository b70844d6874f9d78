import type { PersonaClient } from "@persona-protocol/sdk";
import { appRegistryAbi, contractCall } from "@persona-protocol/sdk/contracts";
import { sha256Hex, utf8 } from "@persona-protocol/sdk/crypto";
import { useQuery } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { type Address, isAddressEqual } from "viem";
import { useSession } from "../../app/Session.tsx";
import { useApp } from "../../protocol/apps.ts";
import { timeOfBlock } from "../../protocol/chainEvents.ts";
import { useWrite } from "../../protocol/useWrite.ts";
import { CopyButton } from "../../ui/CopyButton.tsx";
import { Domain } from "../../ui/Domain.tsx";
import { ErrorNotice } from "../../ui/ErrorNotice.tsx";
import { Field } from "../../ui/Field.tsx";
import { ForeignName } from "../../ui/Foreign.tsx";
import { Time } from "../../ui/Time.tsx";

/** Apps that an account owns, and whether owners see one of them when it asks. */
export function RegisterApp({ persona, owner }: { persona: PersonaClient; owner: Address }) {
  const { canWrite } = useSession();
  const { client, deployment } = persona;
  const registry = { address: deployment.appRegistry, abi: appRegistryAbi } as const;
  const { data: own, error } = useQuery({
    queryKey: ["own apps", deployment.chainId, owner.toLowerCase()],
    queryFn: async () => {
      const found = await client.getContractEvents({
        ...registry,
        eventName: "AppRegistered",
        args: { owner },
        fromBlock: deployment.fromBlock,
        strict: true,
      });
      const apps = await Promise.all(
        found.map(async ({ args, blockNumber }) => {
          const { appId } = args;
          const [app, [domain, proved, expiresAt], at] = await Promise.all([
            client.readContract({ ...registry, functionName: "appById", args: [appId] }),
            client.readContract({ ...registry, functionName: "domainOf", args: [appId] }),
            timeOfBlock(persona, blockNumber),
          ]);
          return { appId, app, domain, proved, expiresAt, at };
        }),
      );
      return apps.filter(({ app }) => isAddressEqual(app.owner, owner));
    },
  });
  const { data: acting, refetch } = useApp(persona, owner);
  const [name, setName] = useState("");
  const [domain, setDomain] = useState("");
  const register = useWrite(
    useCallback(
      async (given: { name: string; domain: string }) => {
        await persona.registerAppAndWait({ ...given, metadataDigest: sha256Hex(utf8(JSON.stringify(given))) });
      },
      [persona],
    ),
    { busy: "Waiting for your wallet.", done: "The app is registered." },
  );
  const join = useWrite(
    useCallback(
      async (appId: `0x${string}`) => {
        const call = (functionName: string, args: readonly unknown[]) =>
          contractCall({ address: deployment.appRegistry, abi: appRegistryAbi, functionName, args });
        await persona.sendCalls([call("setAccount", [appId, owner, true]), call("acceptAccount", [appId])]);
        await refetch();
      },
      [persona, deployment.appRegistry, owner, refetch],
    ),
    { busy: "Waiting for your wallet.", done: "Owners now see the app when this account asks." },
  );
  return (
    <section className="card" aria-labelledby="apps">
      <h2 id="apps">Your apps</h2>
      <ErrorNotice error={error} what="Your apps could not be read." />
      {own === undefined ? null : own.length === 0 ? (
        <p className="muted">
          None yet. Without one, owners see a bare address when you ask. With one they see a name that you chose, and
          whether your domain was proved to be yours.
        </p>
      ) : (
        <ul className="lines">
          {own.map(({ appId, app, domain: its, proved, expiresAt, at }) => (
            <li key={appId} className="stack-tight">
              <span className="row">
                <strong>
                  <ForeignName text={app.name} />
                </strong>
                <span className="mono muted small">{appId.slice(0, 14)}…</span>
                <CopyButton text={appId} what="app's id" />
              </span>
              <Domain domain={proved ? { status: "proved", name: its, expiresAt } : { status: "claimed", name: its }} />
              <span className="row">
                <span className="muted small">
                  registered <Time at={at} />
                </span>
                {acting?.appId === appId ? (
                  <span className="tag tag-good">owners see it when this account asks</span>
                ) : (
                  canWrite &&
                  acting === null && (
                    <button type="button" disabled={join.state === "busy"} onClick={() => void join.run(appId)}>
                      {join.state === "busy" ? "Look into your wallet …" : "Let this account act for it"}
                    </button>
                  )
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
      <ErrorNotice error={join.error} />
      {canWrite && (
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            void register.run({ name: name.trim(), domain: domain.trim().toLowerCase() }).then((isDone) => {
              if (!isDone) return;
              setName("");
              setDomain("");
            });
          }}
        >
          <h3>Register an app</h3>
          <div className="fields">
            <Field label="Name" hint="Shown to owners. Not unique, so it proves nothing.">
              <input value={name} maxLength={64} onChange={(event) => setName(event.target.value)} />
            </Field>
            <Field
              label="Domain"
              hint="Where you show that it is yours: example.org. It is marked as claimed until then."
            >
              <input
                value={domain}
                maxLength={253}
                spellCheck={false}
                onChange={(event) => setDomain(event.target.value)}
              />
            </Field>
          </div>
          <ErrorNotice error={register.error} />
          <p>
            <button
              type="submit"
              className="main"
              disabled={name.trim() === "" || domain.trim() === "" || register.state === "busy"}
            >
              {register.state === "busy" ? "Look into your wallet …" : "Register the app"}
            </button>
          </p>
        </form>
      )}
    </section>
  );
}
