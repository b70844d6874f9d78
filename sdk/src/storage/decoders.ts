/**
 * What decoded values are held to, for what a page loads to ask for access and read a result: a twentieth of the size of schemas of
 * zod, which are used everywhere else. Each decoder gives the value with its type, or refuses it; nothing passes that is not named.
 */
export type Decoder<value> = (given: unknown) => value;
export type Decoded<decoder> = decoder extends Decoder<infer value> ? value : never;

/** Why a value is refused, and where. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly path: readonly (string | number)[];

  constructor(why: string, path: readonly (string | number)[] = []) {
    super(why);
    this.path = path;
  }
}

function at<value>(key: string | number, decoder: Decoder<value>, given: unknown): value {
  try {
    return decoder(given);
  } catch (error) {
    throw error instanceof Refused ? new Refused(error.message, [key, ...error.path]) : error;
  }
}

type Fields = Readonly<Record<string, Decoder<unknown>>>;
type Flat<type> = { [key in keyof type]: type[key] };
type Needed<fields extends Fields> = {
  [key in keyof fields as undefined extends Decoded<fields[key]> ? never : key]: Decoded<fields[key]>;
};
type Optional<fields extends Fields> = {
  [key in keyof fields as undefined extends Decoded<fields[key]> ? key : never]?: Decoded<fields[key]>;
};
type ObjectOf<fields extends Fields> = Flat<Needed<fields> & Optional<fields>>;

/** A map with these fields and no others. */
export const object =
  <fields extends Fields>(fields: fields): Decoder<ObjectOf<fields>> =>
  (given) => {
    const map = anyObject(fields)(given);
    for (const key of Object.keys(given as object))
      if (!Object.hasOwn(fields, key)) throw new Refused("unknown", [key]);
    return map;
  };

/** A map with these fields; others may be there, and are left out. */
export const anyObject =
  <fields extends Fields>(fields: fields): Decoder<ObjectOf<fields>> =>
  (given) => {
    if (!isMap(given)) throw new Refused("not a map");
    const entries = Object.entries(fields).flatMap(([key, decoder]) => {
      const value = at(key, decoder, Object.hasOwn(given, key) ? given[key] : undefined);
      return value === undefined ? [] : [[key, value]];
    });
    return Object.fromEntries(entries);
  };

export const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  Object.prototype.toString.call(value) === "[object Object]";

export const list =
  <value>(item: Decoder<value>, min: number, max: number): Decoder<value[]> =>
  (given) => {
    if (!Array.isArray(given) || given.length < min || given.length > max) throw new Refused(`not ${min} to ${max}`);
    return given.map((each, i) => at(i, item, each));
  };

/** What passes one decoder, and a question more. */
export const where =
  <value>(decoder: Decoder<value>, holds: (value: value) => boolean, why: string): Decoder<value> =>
  (given) => {
    const value = decoder(given);
    if (!holds(value)) throw new Refused(why);
    return value;
  };

export const mapped =
  <value, result>(decoder: Decoder<value>, to: (value: value) => result): Decoder<result> =>
  (given) =>
    to(decoder(given));

export const optional =
  <value>(decoder: Decoder<value>): Decoder<value | undefined> =>
  (given) =>
    given === undefined ? undefined : decoder(given);

export const nullable =
  <value>(decoder: Decoder<value>): Decoder<value | null> =>
  (given) =>
    given === null ? null : decoder(given);

const only =
  <value>(is: (given: unknown) => given is value, why: string): Decoder<value> =>
  (given) => {
    if (is(given)) return given;
    throw new Refused(why);
  };

export const anything: Decoder<unknown> = (given) => given;
export const boolean: Decoder<boolean> = only(
  (given): given is boolean => typeof given === "boolean",
  "not true or false",
);
export const oneOf = <const value extends string | number>(...values: readonly value[]): Decoder<value> =>
  only((given): given is value => values.includes(given as value), `not ${values.join(" or ")}`);

/** Exactly `length` bytes, or at most. */
export const bytesOf = (length: number): Decoder<Uint8Array> =>
  only((given): given is Uint8Array => given instanceof Uint8Array && given.length === length, `not ${length} bytes`);
export const bytesUpTo = (length: number): Decoder<Uint8Array> =>
  only((given): given is Uint8Array => given instanceof Uint8Array && given.length <= length, `over ${length} bytes`);

export const integer = (min: number, max = Number.MAX_SAFE_INTEGER): Decoder<number> =>
  only(
    (given): given is number => Number.isSafeInteger(given) && Number(given) >= min && Number(given) <= max,
    `not ${min} to ${max}`,
  );

/** CBOR has one integer type: what fits a number comes as one. */
export const amount = (bits: bigint): Decoder<bigint> =>
  mapped(
    only(
      (given): given is number | bigint =>
        (typeof given === "bigint" || Number.isSafeInteger(given)) &&
        (given as bigint) >= 0 &&
        (given as bigint) < 2n ** bits,
      `not a uint${bits}`,
    ),
    BigInt,
  );

/** Well-formed Unicode of so many UTF-16 units. */
export const text = (min: number, max: number): Decoder<string> =>
  only(
    (given): given is string =>
      typeof given === "string" && given.isWellFormed() && given.length >= min && given.length <= max,
    `not ${min} to ${max}`,
  );

/** @param same what two items may not have in common */
export const distinct = <item>(items: readonly item[], same: (item: item) => unknown = (item) => item): boolean =>
  new Set(items.map(same)).size === items.length;
