import { useEffect, useState } from "react";
import type { Address } from "viem";
import { announce } from "../../app/announce.ts";
import { useRoute } from "../../app/route.ts";
import { useSession } from "../../app/Session.tsx";
import { usePersona } from "../../protocol/usePersona.ts";
import { Empty } from "../../ui/Empty.tsx";
import { ErrorNotice } from "../../ui/ErrorNotice.tsx";
import { Field } from "../../ui/Field.tsx";
import { withOwner } from "../../ui/OwnerNeeded.tsx";
import { Pending } from "../../ui/Pending.tsx";
import { Answered } from "./Answered.tsx";
import { receive, requestTextOf, useInbox } from "./inbox.ts";
import { RequestCard } from "./RequestCard.tsx";

export const Requests = withOwner(
  "Requests",
  "A dApp or an agent that wants to use somebody's data hands them a request. It is read and answered here.",
  OwnedRequests,
);

function OwnedRequests({ owner }: { owner: Address }) {
  const { config } = useSession();
  const { chainId } = config.network;
  const persona = usePersona(owner);
  const { data: inbox, error, isPending } = useInbox(chainId, owner);
  useArrivals(chainId, owner);
  const waiting = (inbox ?? []).filter((each) => each.answer === undefined);
  const answered = (inbox ?? []).filter((each) => each.answer !== undefined);

  return (
    <>
      <div className="title">
        <h1>Requests</h1>
        <p className="lede">
          Somebody asks for results from your data. Nothing happens until you allow it, and you can allow less than was
          asked. A request travels as a link or a text; it is on no chain, and who asked learns nothing when you say no.
        </p>
      </div>
      <ErrorNotice error={error} what="Requests that wait could not be read from this browser." />
      {isPending ? (
        <Pending what="requests" />
      ) : inbox === undefined ? null : waiting.length === 0 ? (
        <Empty title="Nothing waits for you">
          <p className="muted">
            When an app asks for something it gives you a link that opens here, or a text that begins with{" "}
            <code>persona-access-1.</code>, to paste below.
          </p>
        </Empty>
      ) : (
        <ul className="list">
          {waiting.map((request) => (
            <li key={request.id}>
              <RequestCard persona={persona} kept={request} />
            </li>
          ))}
        </ul>
      )}
      <PasteForm chainId={chainId} owner={owner} />
      {answered.length > 0 && <Answered persona={persona} requests={answered} />}
    </>
  );
}

/** What comes with the link that opened the page, and on a test network what it was seeded with. */
function useArrivals(chainId: number, owner: Address): void {
  const { rest } = useRoute();
  const { config } = useSession();
  const { test } = config;
  useEffect(() => {
    const text = requestTextOf(rest);
    if (text !== undefined) {
      // The request is not for the browser's history.
      history.replaceState(null, "", "#/requests");
      void receive(chainId, owner, text);
    }
    if (test?.owner.toLowerCase() === owner.toLowerCase())
      void Promise.all(test.requests.map((each) => receive(chainId, owner, each)));
  }, [rest, chainId, owner, test]);
}

function PasteForm({ chainId, owner }: { chainId: number; owner: Address }) {
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<string | undefined>(undefined);
  return (
    <form
      className="card card-quiet"
      onSubmit={(event) => {
        event.preventDefault();
        const found = requestTextOf(text);
        if (found === undefined) {
          setProblem("There is no request in this text. It begins with persona-access-1. and is one long word.");
          return;
        }
        void receive(chainId, owner, found).then((isNew) => {
          setText("");
          setProblem(isNew ? undefined : "You have this request already: see above, or below among the answered ones.");
          if (isNew) announce("The request was added.");
        });
      }}
    >
      <h2>You were handed a request?</h2>
      <Field label="The link, or the text" problem={problem}>
        <textarea
          rows={3}
          value={text}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => {
            setText(event.target.value);
            setProblem(undefined);
          }}
        />
      </Field>
      <p>
        <button type="submit" disabled={text.trim() === ""}>
          Read it
        </button>
      </p>
    </form>
  );
}
