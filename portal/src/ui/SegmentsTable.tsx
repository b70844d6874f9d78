import { printable } from "@persona-protocol/sdk/errors";
import { Time } from "./Time.tsx";

export type SegmentRow = {
  readonly name: string;
  readonly records: number;
  /** Unix seconds; null where its records have no time. */
  readonly from: number | null;
  readonly to: number | null;
  /** Its form, or its size: what the last column says. */
  readonly last: string;
  readonly isPrivate?: boolean;
};

/** Segments with their counts and time range: found in an export, or in a dataset. */
export function SegmentsTable({
  label,
  last,
  rows,
}: {
  label: string;
  /** Title of the last column, which a narrow screen leaves out. */
  last: string;
  rows: readonly SegmentRow[];
}) {
  const day = (at: number | null) => (at === null ? "–" : <Time at={at} short />);
  return (
    <section className="table-wrap" aria-label={label}>
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
              {last}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name}>
              <td>
                <bdi>{printable(row.name, { maxLength: 64 })}</bdi>
                {row.isPrivate && (
                  <>
                    {" "}
                    <span className="tag">for you alone</span>
                  </>
                )}
              </td>
              <td className="number">{row.records.toLocaleString()}</td>
              <td>{day(row.from)}</td>
              <td>{day(row.to)}</td>
              <td className="small wide-only">{printable(row.last, { maxLength: 64 })}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
