import { useId, useState } from "react";
import { PassphraseField } from "../ui/PassphraseField.tsx";
import { canHavePasskey, type Lock, type LockKind } from "./locks.ts";

const leastPassphrase = 12;

export type LockDraft = { readonly kind: LockKind; readonly passphrase: string; readonly again: string };

const emptyDraft: LockDraft = { kind: "passphrase", passphrase: "", again: "" };

export const useLockDraft = () => useState<LockDraft>(emptyDraft);

/** The lock that is meant; undefined while it is not whole. */
export function lockOf({ kind, passphrase, again }: LockDraft): Lock | undefined {
  if (kind === "passkey") return { kind };
  return passphrase.length >= leastPassphrase && passphrase === again ? { kind, passphrase } : undefined;
}

/** How a key is opened on this device: by a passphrase, or by a passkey where the browser has such. */
export function LockChoice({
  draft,
  onChange,
  label,
  only,
}: {
  draft: LockDraft;
  onChange: (draft: LockDraft) => void;
  label: string;
  /** Where there is nothing to choose. */
  only?: "passphrase";
}) {
  const group = useId();
  const { kind, passphrase, again } = draft;
  const isShort = passphrase !== "" && passphrase.length < leastPassphrase;
  const differs = again !== "" && again !== passphrase;
  const choice = (of: LockKind, words: string) => (
    <label className="choice">
      <input type="radio" name={group} checked={kind === of} onChange={() => onChange({ ...draft, kind: of })} />
      <span>{words}</span>
    </label>
  );
  return (
    <>
      {only === undefined && canHavePasskey() && (
        <fieldset className="stack-tight plain-set">
          <legend className="label">How it is opened on this device</legend>
          {choice("passphrase", "By a passphrase that I type")}
          {choice("passkey", "By a passkey: my fingerprint, face or PIN, or a security key")}
        </fieldset>
      )}
      {kind === "passkey" ? (
        <p className="small muted">
          Your device asks twice: to make the passkey, then to use it. It works on this page's address alone, and needs
          a passkey that can compute secrets (“PRF”). If yours cannot, take a passphrase.
        </p>
      ) : (
        <div className="fields">
          <PassphraseField
            label={label}
            hint={`At least ${leastPassphrase} characters. Several words are good.`}
            problem={isShort ? "Too short to be safe." : undefined}
            kind="new"
            value={passphrase}
            onChange={(text) => onChange({ ...draft, passphrase: text })}
          />
          <PassphraseField
            label="The same again"
            problem={differs ? "The two are not the same." : undefined}
            kind="new"
            value={again}
            onChange={(text) => onChange({ ...draft, again: text })}
          />
        </div>
      )}
    </>
  );
}
