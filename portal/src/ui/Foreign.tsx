import { printable } from "@persona-protocol/sdk/errors";
import { useState } from "react";
import { mixedAlphabets } from "./mixedAlphabets.ts";

const short = 280;
const most = 20_000;

/**
 * Words of a stranger: names, purposes, descriptions, results. Always as text; what would turn the reading direction, hide or pile up is
 * shown as its code; long ones are cut, and no more than some pages of them are ever put on the page.
 */
export function Foreign({ text, lines = false }: { text: string; lines?: boolean }) {
  const [open, setOpen] = useState(false);
  const isLong = text.length > short;
  return (
    <>
      <bdi className="foreign">{printable(text, { maxLength: open ? most : short, lines })}</bdi>
      {isLong && (
        <>
          {" "}
          <button type="button" className="plain" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? "Show less" : "Show more"}
          </button>
        </>
      )}
    </>
  );
}

/** A stranger's name. Where it mixes alphabets whose letters look alike, that is said: nobody does so to be understood. */
export function ForeignName({ text }: { text: string }) {
  return (
    <>
      <bdi className="foreign">{printable(text, { maxLength: 64 })}</bdi>
      {mixedAlphabets(text) && <span className="tag tag-bad">mixes alphabets: may imitate another name</span>}
    </>
  );
}
