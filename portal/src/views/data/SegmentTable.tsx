import { printable } from "@persona-protocol/sdk/errors";
import { Time } from "../../ui/Time.tsx";
import type { DatasetRecord } from "../../vault/records.ts";

/** What a dataset holds, by its owner's own record. Empty segments keep their place and are not shown one by one. */
export function SegmentTable({ record, title }: { record: DatasetRecord; title: string }) {
  const { segments } = record.dataset;
  const ranges = record.portal?.ranges ?? [];
  const filled = segments.filter(({ records }) => records > 0);
  const empty = segments.length - filled.length;
  return (
    <div className="stack-tight">
      <section className="table-wrap" aria-label={`Segments of ${printable(title)}`}>
        <table>
          <thead>
            <tr>
              <th scope="col">Segment</th>
              <th scope="col" className="number">
                Records
              </th>
              <th scope="col">From</th>
              <th scope="col">To</th>
              <th scope="col" className="wide-only">
                Form
              </th>
            </tr>
          </thead>
          <tbody>
            {filled.map(({ index, name, schema, records }) => {
              const [from, to] = ranges[index] ?? [null, null];
              return (
                <tr key={index}>
                  <td>
                    <bdi>{printable(name, { maxLength: 64 })}</bdi>
                  </td>
                  <td className="number">{records.toLocaleString()}</td>
                  <td>{from === null ? "–" : <Time at={from} short />}</td>
                  <td>{to === null ? "–" : <Time at={to} short />}</td>
                  <td className="mono small wide-only">{printable(schema, { maxLength: 64 })}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
      {empty > 0 && (
        <p className="muted small">
          {empty} more segment{empty === 1 ? " is" : "s are"} empty: the export can have them, and yours does not.
        </p>
      )}
    </div>
  );
}
