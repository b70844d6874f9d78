export type FitValue = number | bigint | string | readonly (number | bigint)[];

type Numeric = {
  readonly size: number;
  readonly read: (view: DataView, at: number, isLittle: boolean) => number | bigint;
  /** What stands for no value. */
  readonly none: number | bigint;
};

/** The numeric base types of the protocol (its section 4.6), by the low five bits of their number. */
const numeric: Readonly<Record<number, Numeric>> = {
  0: { size: 1, read: (view, at) => view.getUint8(at), none: 0xff },
  1: { size: 1, read: (view, at) => view.getInt8(at), none: 0x7f },
  2: { size: 1, read: (view, at) => view.getUint8(at), none: 0xff },
  3: { size: 2, read: (view, at, little) => view.getInt16(at, little), none: 0x7fff },
  4: { size: 2, read: (view, at, little) => view.getUint16(at, little), none: 0xffff },
  5: { size: 4, read: (view, at, little) => view.getInt32(at, little), none: 0x7fffffff },
  6: { size: 4, read: (view, at, little) => view.getUint32(at, little), none: 0xffffffff },
  8: { size: 4, read: (view, at, little) => view.getFloat32(at, little), none: Number.NaN },
  9: { size: 8, read: (view, at, little) => view.getFloat64(at, little), none: Number.NaN },
  10: { size: 1, read: (view, at) => view.getUint8(at), none: 0 },
  11: { size: 2, read: (view, at, little) => view.getUint16(at, little), none: 0 },
  12: { size: 4, read: (view, at, little) => view.getUint32(at, little), none: 0 },
  13: { size: 1, read: (view, at) => view.getUint8(at), none: 0xff },
  14: { size: 8, read: (view, at, little) => view.getBigInt64(at, little), none: 2n ** 63n - 1n },
  15: { size: 8, read: (view, at, little) => view.getBigUint64(at, little), none: 2n ** 64n - 1n },
  16: { size: 8, read: (view, at, little) => view.getBigUint64(at, little), none: 0n },
};

const stringType = 7;

/** The value of a field; undefined when it holds none, or is of a type or size that does not exist. */
export function readFitValue(
  view: DataView,
  { at, size, baseType, isLittle }: { at: number; size: number; baseType: number; isLittle: boolean },
): FitValue | undefined {
  const type = baseType & 0x1f;
  if (type === stringType) {
    const bytes = new Uint8Array(view.buffer, view.byteOffset + at, size);
    const end = bytes.indexOf(0);
    const text = new TextDecoder().decode(bytes.subarray(0, end < 0 ? size : end));
    return text === "" ? undefined : text;
  }
  const kind = numeric[type];
  if (kind === undefined || size === 0 || size % kind.size !== 0) return undefined;
  const values: (number | bigint)[] = [];
  let some = false;
  for (let from = at; from < at + size; from += kind.size) {
    const value = kind.read(view, from, isLittle);
    some ||= !Object.is(value, kind.none);
    values.push(value);
  }
  if (!some) return undefined;
  const [only] = values;
  return values.length === 1 ? only : values;
}
