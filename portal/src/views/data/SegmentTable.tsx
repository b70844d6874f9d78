import { printable } from "@persona-protocol/sdk/errors";
import { SegmentsTable } from "../../ui/SegmentsTable.tsx";
import type { DatasetRecord } from "../../vault/records.ts";

/** What a dataset holds, by its owner's own record. Empty segments keep their place and are not shown one by one. */
export function SegmentTable({ record, title }: { record: DatasetRecord; title: string }) {
  const { segments } = record.dataset;
  const ranges = record.portal?.ranges ?? [];
  const filled = segments.filter(({ records }) => records > 0);
  const empty = segments.length - filled.length;
  const rows = filled.map(({ index, name, schema, records }) => {
    const [from, to] = ranges[index] ?? [null, null];
    return { name, records, from, to, last: schema };
  });
  return (
    <div className="stack-tight">
      <SegmentsTable label={`Segments of ${printable(title)}`} last="Form" rows={rows} />
      {empty > 0 && (
        <p className="muted small">
          {empty} more segment{empty === 1 ? " is" : "s are"} empty: the export can have them, and yours does not.
        </p>
      )}
    </div>
  );
}
