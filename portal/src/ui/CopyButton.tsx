import { useState } from "react";
import { announce } from "../app/announce.ts";

export function CopyButton({ text, what, label = "Copy" }: { text: string; what: string; label?: string }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setDone(true);
      announce(`The ${what} was copied.`);
      setTimeout(() => setDone(false), 2_000);
    } catch {
      announce(`The browser did not let the page copy the ${what}. Select it by hand.`);
    }
  };
  return (
    <button type="button" className="plain" onClick={() => void copy()}>
      {done ? "Copied" : label}
      <span className="hidden-text"> {what}</span>
    </button>
  );
}
