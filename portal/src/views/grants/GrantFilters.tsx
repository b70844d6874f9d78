import type { OwnGrant } from "../../protocol/ownGrants.ts";
import { programOfGrant } from "../../protocol/programFacts.ts";
import { Field } from "../../ui/Field.tsx";

export type GrantFilter = { readonly state: "active" | "ended" | "all"; readonly text: string };

export function matches(grant: OwnGrant, { state, text }: GrantFilter): boolean {
  if (state === "active" && grant.state !== "active") return false;
  if (state === "ended" && grant.state === "active") return false;
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return true;
  const texts = [grant.grantee, grant.datasetId, grant.grantHash, programOfGrant(grant.known)?.name ?? ""];
  return texts.some((each) => each.toLowerCase().includes(wanted));
}

export function GrantFilters({
  filter,
  onChange,
  counts,
}: {
  filter: GrantFilter;
  onChange: (filter: GrantFilter) => void;
  counts: Readonly<Record<GrantFilter["state"], number>>;
}) {
  return (
    <search className="filters">
      <Field label="Show">
        <select
          value={filter.state}
          onChange={(event) => onChange({ ...filter, state: event.target.value as GrantFilter["state"] })}
        >
          <option value="active">Those that can be used now ({counts.active})</option>
          <option value="ended">Those that are over ({counts.ended})</option>
          <option value="all">All ({counts.all})</option>
        </select>
      </Field>
      <Field label="Find">
        <input
          type="search"
          placeholder="Account, program or dataset"
          value={filter.text}
          onChange={(event) => onChange({ ...filter, text: event.target.value })}
        />
      </Field>
    </search>
  );
}
