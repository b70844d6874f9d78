import { lazy, Suspense, useId, useState } from "react";
import { getAddress, isAddress } from "viem";
import { useSession } from "../app/Session.tsx";

const Overview = lazy(async () => ({ default: (await import("./overview/Overview.tsx")).Overview }));

export function Home() {
  const { owner } = useSession();
  if (owner === undefined) return <Welcome />;
  return (
    <Suspense fallback={<div className="skeleton" role="status" aria-label="Loading" />}>
      <Overview owner={owner} />
    </Suspense>
  );
}

function Welcome() {
  return (
    <>
      <div className="title">
        <h1>Your data answers questions. You decide which.</h1>
        <p className="lede">
          Your mail, posts, health and bank statements lie encrypted where you keep them. A dApp or an AI agent may ask
          to run one named program on parts of them. It gets the result, never the data; and only as long, and as often,
          as you have said.
        </p>
      </div>
      <LookForm />
      <section className="cards" aria-label="What you do here">
        <Step title="Bring your data">
          Drop an export of a service you use. It is read and encrypted in this browser, before anything leaves it.
        </Step>
        <Step title="Answer requests">
          Read in plain words who asks, for what, to run which program, how long and how often. Narrow it, allow it, or
          say no.
        </Step>
        <Step title="Stay in charge">
          See who could read what right now. End one grant, or all of them with one button. Check every receipt
          yourself.
        </Step>
      </section>
    </>
  );
}

function Step({ title, children }: { title: string; children: string }) {
  return (
    <div className="card card-quiet">
      <h2>{title}</h2>
      <p className="muted">{children}</p>
    </div>
  );
}

/** Everything can be looked at without a wallet: it is public. */
function LookForm() {
  const { look } = useSession();
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState(false);
  const id = useId();
  return (
    <form
      className="card"
      onSubmit={(event) => {
        event.preventDefault();
        const given = text.trim();
        if (!isAddress(given, { strict: false })) {
          setWrong(true);
          return;
        }
        look(getAddress(given));
      }}
    >
      <div className="field">
        <label htmlFor={id}>Look at an address without a wallet</label>
        <div className="filters">
          <div className="field">
            <input
              id={id}
              className="mono"
              placeholder="0x…"
              value={text}
              autoComplete="off"
              spellCheck={false}
              aria-invalid={wrong}
              aria-describedby={`${id}-hint`}
              onChange={(event) => {
                setText(event.target.value);
                setWrong(false);
              }}
            />
          </div>
          <button type="submit">Look</button>
        </div>
        <span id={`${id}-hint`} className={wrong ? "small tag-bad" : "small muted"} role={wrong ? "alert" : undefined}>
          {wrong
            ? "That is not an address. It has 0x and 40 more letters and digits."
            : "Which data an account has registered, and its grants, are public; what is in the data is not."}
        </span>
      </div>
    </form>
  );
}
