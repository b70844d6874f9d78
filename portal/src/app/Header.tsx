import { useState } from "react";
import { shortAddress } from "../ui/shortAddress.ts";
import { WalletDialog } from "../wallet/WalletDialog.tsx";
import { useSession } from "./Session.tsx";
import { chooseTheme, useTheme } from "./theme.ts";

export function Header() {
  const { wallet } = useSession();
  const [open, setOpen] = useState(false);
  return (
    <header className="top">
      <a className="brand" href="#/">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="8" fill="var(--accent)" />
          <path
            d="M11 24V9h6.2a5 5 0 0 1 0 10H11"
            fill="none"
            stroke="var(--on-accent)"
            strokeWidth="3"
            strokeLinecap="round"
            strokeLinejoin="round"
          />
        </svg>
        Persona
      </a>
      <ThemeButton />
      <button type="button" className={wallet === undefined ? "main" : ""} onClick={() => setOpen(true)}>
        {wallet === undefined ? "Connect a wallet" : <span className="mono">{shortAddress(wallet.address)}</span>}
        {wallet !== undefined && <span className="hidden-text">, connected. Wallet settings</span>}
      </button>
      {open && <WalletDialog onClose={() => setOpen(false)} />}
    </header>
  );
}

function ThemeButton() {
  const theme = useTheme();
  const next = theme === "dark" ? "light" : "dark";
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={`Switch to ${next} colours`}
      onClick={() => chooseTheme(next)}
    >
      <svg
        width="20"
        height="20"
        viewBox="0 0 20 20"
        aria-hidden="true"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.6"
      >
        {theme === "dark" ? (
          <>
            <circle cx="10" cy="10" r="3.6" />
            <path
              strokeLinecap="round"
              d="M10 2v1.6M10 16.4V18M2 10h1.6M16.4 10H18M4.3 4.3l1.2 1.2M14.5 14.5l1.2 1.2M15.7 4.3l-1.2 1.2M5.5 14.5l-1.2 1.2"
            />
          </>
        ) : (
          <path strokeLinejoin="round" d="M16.5 12.2A7 7 0 0 1 7.8 3.5a7 7 0 1 0 8.7 8.7Z" />
        )}
      </svg>
    </button>
  );
}
