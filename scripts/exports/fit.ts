import { fitCrc } from "../../sdk/src/ingest/fit/fitCrc.ts";

/** A field: number, base type, and its values, each written in the size of the type. */
type FitField = readonly [number: number, baseType: number, ...values: (number | string)[]];
export type FitData = {
  readonly number: number;
  readonly fields: readonly FitField[];
  /** Of field_description messages that came before: definition number, developer index, base type, value. */
  readonly developer?: readonly (readonly [number: number, index: number, baseType: number, value: number])[];
  /** Low five bits of the time, in a compressed header. */
  readonly offset?: number;
};

const sizes: Readonly<Record<number, number>> = { 0: 1, 1: 1, 2: 1, 7: 1, 10: 1, 13: 1, 3: 2, 4: 2, 5: 4, 6: 4, 12: 4 };

/** A FIT file of these messages, each with its definition before it, little endian unless said. */
export function fitFile(messages: readonly FitData[], { isBig = false, crc = true } = {}): Uint8Array<ArrayBuffer> {
  const data: number[] = [];
  for (const { number, fields, developer = [], offset } of messages) {
    const lengthOf = ([, baseType, ...values]: FitField): number =>
      typeof values[0] === "string" ? values[0].length + 1 : values.length * (sizes[baseType & 0x1f] ?? 1);
    data.push(0x40 | (developer.length > 0 ? 0x20 : 0), 0, isBig ? 1 : 0, ...int(number, 2, isBig), fields.length);
    for (const field of fields) data.push(field[0], lengthOf(field), field[1]);
    if (developer.length > 0) data.push(developer.length);
    for (const [of, index, baseType] of developer) data.push(of, sizes[baseType & 0x1f] ?? 1, index);
    data.push(offset === undefined ? 0 : 0x80 | offset);
    for (const [, baseType, ...values] of fields) {
      for (const value of values) {
        if (typeof value === "string") data.push(...new TextEncoder().encode(value), 0);
        else data.push(...int(value, sizes[baseType & 0x1f] ?? 1, isBig));
      }
    }
    for (const [, , baseType, value] of developer) data.push(...int(value, sizes[baseType & 0x1f] ?? 1, isBig));
  }
  const header = [14, 0x20, 0, 8, ...int(data.length, 4, false), 0x2e, 0x46, 0x49, 0x54, 0, 0];
  const body = Uint8Array.from([...header, ...data]);
  return Uint8Array.from([...body, ...int(crc ? fitCrc(body) : 0xdead, 2, false)]);
}

/** An activity of any number of records, one a second, with one session of one lap. */
export function fitActivity(records: number): Uint8Array<ArrayBuffer> {
  const start = 1_000_000_000;
  const points = Array.from({ length: records }, (_, i): FitData => {
    const position: FitField[] = [
      [0, 0x85, 714_000_000 + i],
      [1, 0x85, 128_000_000],
    ];
    return { number: 20, fields: [[253, 0x86, start + i], ...position, [3, 2, 100 + (i % 50)]] };
  });
  const sums: FitField[] = [
    [253, 0x86, start + records],
    [2, 0x86, start],
    [7, 0x86, records * 1000],
    [8, 0x86, records * 1000],
    [9, 0x86, records * 250],
  ];
  return fitFile([
    {
      number: 0,
      fields: [
        [0, 0, 4],
        [1, 0x84, 1],
        [3, 0x8c, 4711],
        [4, 0x86, start],
      ],
    },
    ...points,
    { number: 19, fields: sums },
    { number: 18, fields: [...sums, [5, 0, 1]] },
  ]);
}

function int(value: number, size: number, isBig: boolean): number[] {
  const bytes = Array.from({ length: size }, (_, i) => Math.floor(value / 2 ** (8 * i)) & 0xff);
  return isBig ? bytes.reverse() : bytes;
}
