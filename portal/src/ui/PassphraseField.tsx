import { Field } from "./Field.tsx";

/** A passphrase: never shown, and kept by the browser's own keeper only where it is one of this device. */
export function PassphraseField({
  kind,
  onChange,
  value,
  disabled,
  ...field
}: {
  label: string;
  hint?: string;
  problem?: string | undefined;
  /** Of this device, known or new; or of a paper, which no browser should keep. */
  kind: "current" | "new" | "paper";
  value: string;
  onChange: (text: string) => void;
  disabled?: boolean;
}) {
  return (
    <Field {...field}>
      <input
        type="password"
        autoComplete={kind === "paper" ? "off" : `${kind}-password`}
        value={value}
        disabled={disabled}
        onChange={(event) => onChange(event.target.value)}
      />
    </Field>
  );
}
