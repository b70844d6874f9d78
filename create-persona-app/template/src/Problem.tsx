import { isPersonaError, printable } from "@persona-protocol/sdk/dapp";

/** What went wrong and what to do. Texts of errors may be a stranger's, so they are shown as `printable` leaves them. */
export function Problem({ error }: { readonly error: unknown }) {
  if (error === null || error === undefined) return null;
  const known = isPersonaError(error) ? error.toJSON() : undefined;
  const text = known?.message ?? (error instanceof Error ? error.message : String(error));
  return (
    <div role="alert">
      <p>{printable(text, { maxLength: 500 })}</p>
      {known !== undefined && (
        <p>
          {known.fix} <small>{known.code}</small>
        </p>
      )}
    </div>
  );
}
