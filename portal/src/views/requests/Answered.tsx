import { decodeAccessRequest, type PersonaClient } from "@persona-protocol/sdk";
import { useSession } from "../../app/Session.tsx";
import { CopyButton } from "../../ui/CopyButton.tsx";
import { DownloadButton } from "../../ui/DownloadButton.tsx";
import { Foreign } from "../../ui/Foreign.tsx";
import { Party } from "../../ui/Party.tsx";
import { Time } from "../../ui/Time.tsx";
import { fromBase64 } from "../../vault/records.ts";
import { forget, type Kept } from "./inbox.ts";

const words = { signed: "allowed by signature", "on chain": "allowed on the chain", denied: "you said no" } as const;

/** What was answered, and the grant to hand over: without it who asked cannot use what was allowed. */
export function Answered({ persona, requests }: { persona: PersonaClient; requests: readonly Kept[] }) {
  const { config } = useSession();
  return (
    <section className="stack" aria-labelledby="answered">
      <h2 id="answered">Answered</h2>
      <ul className="list">
        {requests.map((kept) => {
          const { answer, id, text } = kept;
          if (answer === undefined) return null;
          const { request } = decodeAccessRequest(text);
          return (
            <li key={id} className="card">
              <div className="between">
                <span>
                  <strong>
                    <Foreign text={request.program.name} />
                  </strong>{" "}
                  <span className={`tag ${answer.how === "denied" ? "" : "tag-good"}`}>{words[answer.how]}</span>
                </span>
                <span className="muted small">
                  <Time at={answer.at} />
                </span>
              </div>
              <Party persona={persona} account={request.requester} />
              {answer.package !== undefined && (
                <div className="stack-tight">
                  <span className="muted small">
                    Hand this to who asked. It holds the grant's terms, no key and none of your data; nobody but that
                    account can use it.
                  </span>
                  <span className="row">
                    <DownloadButton
                      name={`persona-${request.requester.slice(2, 10).toLowerCase()}.grant`}
                      content={fromBase64(answer.package)}
                      label="Save the grant as a file"
                    />
                    <CopyButton text={answer.package} what="grant as text" label="Copy as text" />
                  </span>
                </div>
              )}
              <p>
                <button type="button" className="plain" onClick={() => void forget(config.network.chainId, kept)}>
                  Remove from this list
                </button>
              </p>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
