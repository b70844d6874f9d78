import { isPersonaError, printable } from "@persona-protocol/sdk/errors";
import { isOfWallet, walletProblem } from "../wallet/walletProblem.ts";

/** What an owner can do about it, where the SDK's own advice is for developers. */
const advice: Readonly<Record<string, readonly [what: string, then: string]>> = {
  SIGNATURE_REJECTED: [
    "You have declined in your wallet.",
    "Nothing was sent and nothing has changed. Try again when you want to.",
  ],
  CHAIN_UNREACHABLE: [
    "The network does not answer.",
    "If you were sending something, it is not certain that it was sent: look once the network answers again, before you repeat it.",
  ],
  CHAIN_WRONG: [
    "Your wallet is on another network.",
    "Switch it with the button at the top, then try again. Nothing was sent.",
  ],
  GAS_INSUFFICIENT: [
    "Your account cannot pay the network's fee.",
    "Put some of the network's own coin on it, or approve by signature where that is offered: it is free.",
  ],
  GUARDIANS_UNAVAILABLE: [
    "A guardian of your keys does not answer.",
    "Your data is safe where it is. Try again in a few minutes.",
  ],
  KEYSTORE_PASSPHRASE_WRONG: [
    "That is not the passphrase.",
    "Mind capitals and the keyboard's language. Nothing is locked after wrong tries.",
  ],
  KEYSTORE_PASSKEY_FAILED: [
    "The passkey gave no secret.",
    "You declined, it is not on this device, or it cannot compute secrets. Try again, or take a passphrase; with your recovery kit you come in as well. Nothing was changed.",
  ],
  ACCESS_REQUEST_INVALID: [
    "This request cannot be used.",
    "It is damaged, was changed on its way, or is for another network. Ask for it again, and paste the whole text.",
  ],
  ACCESS_REQUEST_EXPIRED: ["This request has expired.", "Whoever sent it can send a new one."],
  ARCHIVE_UNRECOGNISED: [
    "No format is known for this file.",
    "Drop the export as the service gave it to you, unopened. Nothing has left this browser.",
  ],
  STORES_INSUFFICIENT: [
    "Too few of your stores took the data.",
    "Nothing was registered. See that your store runs and allows this page, then try again.",
  ],
  STORE_FAILED: [
    "Your store did not do it.",
    "Nothing was registered. See that it runs and allows this page, then try again.",
  ],
  RECOVERY_KIT_INVALID: [
    "The kit cannot be read.",
    "Compare it line by line with the paper; the message below names the line, if one was typed wrong.",
  ],
  CANCELLED: ["It was stopped.", "Nothing was registered."],
};

/** What failed, what to do about it, and the code under which it is documented. */
export function ErrorNotice({ error, what }: { error: unknown; what?: string }) {
  if (error === undefined || error === null) return null;
  if (!isPersonaError(error)) {
    return (
      <div className="notice notice-bad" role="alert">
        {what !== undefined && <strong>{what}</strong>}
        <span>{wordsOf(error, what !== undefined)}</span>
      </div>
    );
  }
  const { code, shortMessage } = error;
  const [said, then] = advice[code] ?? [printable(shortMessage, { maxLength: 300 }), error.toJSON().fix];
  return (
    <div className="notice notice-bad" role="alert">
      {what !== undefined && <strong>{what}</strong>}
      <strong>{said}</strong>
      <span>{then}</span>
      <span className="small">
        {advice[code] !== undefined && `${printable(shortMessage, { maxLength: 300 })} `}
        <code>{code}</code>
      </span>
    </div>
  );
}

/** Of an error that the SDK has not explained. What was only read (`what` is said) was asked of no wallet. */
function wordsOf(error: unknown, isRead: boolean): string {
  if (isOfWallet(error) && !isRead) return walletProblem(error);
  if (isOfWallet(error)) return "The network did not answer, or not as it should. The page goes on asking.";
  return error instanceof Error ? `${error.message.slice(0, 300)}.` : walletProblem(error);
}
