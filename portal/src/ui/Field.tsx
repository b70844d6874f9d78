import { cloneElement, type ReactElement, useId } from "react";

type ControlProps = { id?: string; "aria-describedby"?: string | undefined; "aria-invalid"?: boolean | undefined };

/** A control with its name, what it means, and what is wrong with what was typed, tied together for screen readers. */
export function Field({
  label,
  hint,
  problem,
  children,
}: {
  label: string;
  hint?: string;
  problem?: string | undefined;
  children: ReactElement<ControlProps>;
}) {
  const id = useId();
  const described = [hint === undefined ? "" : `${id}-hint`, problem === undefined ? "" : `${id}-problem`]
    .join(" ")
    .trim();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {cloneElement(children, {
        id,
        "aria-describedby": described === "" ? undefined : described,
        "aria-invalid": problem === undefined ? undefined : true,
      })}
      {hint !== undefined && (
        <span id={`${id}-hint`} className="small muted">
          {hint}
        </span>
      )}
      {problem !== undefined && (
        <span id={`${id}-problem`} className="small tag-bad" role="alert">
          {problem}
        </span>
      )}
    </div>
  );
}
