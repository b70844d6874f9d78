import { PersonaError } from "../../errors/index.ts";
import { createByteWindow } from "../text/byteWindow.ts";
import { type FitValue, readFitValue } from "./baseTypes.ts";
import { fitCrc } from "./fitCrc.ts";

/** A data message: its fields by their number in the profile, those without a value left out. */
export type FitMessage = {
  readonly kind: "message";
  /** Global message number: 20 is record. */
  readonly number: number;
  readonly fields: ReadonlyMap<number, FitValue>;
  /** Fields that apps of the device define, by the name they give them. */
  readonly developer: ReadonlyMap<string, FitValue>;
  /** Seconds since 1989-12-31 UTC: the message's own, or the last one and the five bits of a compressed header. */
  readonly timestamp: number | null;
  readonly position: number;
};

/** What is wrong with a file whose messages are read all the same; a constant text. */
export type FitDamage = { readonly kind: "damage"; readonly reason: string; readonly position: number };

type Field = { readonly number: number; readonly size: number; readonly baseType: number };
type Definition = {
  readonly number: number;
  readonly isLittle: boolean;
  readonly fields: readonly Field[];
  readonly developer: readonly { readonly number: number; readonly size: number; readonly index: number }[];
  readonly size: number;
};

const TIMESTAMP = 253;
const FIELD_DESCRIPTION = 206;
/** Of one file; the protocol allows 255 of 255 each. */
const maxDescriptions = 4096;

/**
 * The messages of a FIT file (protocol 1 and 2), and of further ones chained behind it. A file that is cut off, whose checksum is
 * wrong or that turns into nonsense gives the messages before that, and then says so.
 *
 * Errors: `EXPORT_INVALID` (data: file, position) when it does not begin as one, or breaks before its first message.
 */
export async function* readFitMessages(
  chunks: AsyncIterable<Uint8Array>,
  file: string,
): AsyncGenerator<FitMessage | FitDamage> {
  const window = createByteWindow(chunks);
  let given = 0;

  /** Whether so many bytes are there. */
  async function has(count: number): Promise<boolean> {
    while (window.end - window.at < count) {
      if (!(await window.fill())) return false;
    }
    return true;
  }
  const position = (): number => window.base + window.at;
  const damage = (reason: string): FitDamage => {
    if (given > 0) return { kind: "damage", reason, position: position() };
    throw new PersonaError("EXPORT_INVALID", `${file} ${reason}.`, { data: { file, position: position() } });
  };

  try {
    for (let part = 0; ; part++) {
      if (!(await has(1)) && part > 0) return;
      if (!(await has(12))) return void (yield damage("is cut off in its header"));
      const headerSize = window.buffer[window.at] ?? 0;
      const header = window.buffer.subarray(window.at, window.at + 12);
      if (headerSize < 12 || !isFit(header)) {
        return void (yield damage(part === 0 ? "is not a FIT file" : "goes on with something that is not FIT"));
      }
      const dataSize = viewOf(header).getUint32(4, true);
      if (!(await has(headerSize))) return void (yield damage("is cut off in its header"));
      const start = position();
      const end = start + headerSize + dataSize;
      let crc = take(headerSize);

      const definitions = new Map<number, Definition>();
      const descriptions = new Map<number, { readonly name: string; readonly baseType: number }>();
      let last: number | null = null;
      while (position() < end) {
        if (!(await has(1))) return void (yield damage("is cut off"));
        const at = position();
        const head = window.buffer[window.at] ?? 0;
        const isCompressed = (head & 0x80) !== 0;
        const local = isCompressed ? (head >> 5) & 0x03 : head & 0x0f;
        if (!isCompressed && (head & 0x40) !== 0) {
          const size = await definitionSize((head & 0x20) !== 0);
          if (size === undefined) return void (yield damage("is cut off"));
          definitions.set(local, readDefinition(window.buffer.subarray(window.at, window.at + size)));
          crc = take(size, crc);
          continue;
        }
        const definition = definitions.get(local);
        if (definition === undefined) return void (yield damage("holds a message that it does not define"));
        if (!(await has(1 + definition.size))) return void (yield damage("is cut off"));
        const bytes = window.buffer.subarray(window.at + 1, window.at + 1 + definition.size);
        const { fields, developer } = readFields(bytes, definition, descriptions);
        let timestamp: number | null = null;
        const own = fields.get(TIMESTAMP);
        if (typeof own === "number") {
          last = own;
          timestamp = own;
        } else if (isCompressed && last !== null) {
          // Five bits that go on from the last time and roll over.
          last += ((head & 0x1f) - (last & 0x1f) + 32) % 32;
          timestamp = last;
        }
        if (definition.number === FIELD_DESCRIPTION && descriptions.size < maxDescriptions)
          describe(fields, descriptions);
        crc = take(1 + definition.size, crc);
        given += 1;
        yield { kind: "message", number: definition.number, fields, developer, timestamp, position: at };
      }
      if (!(await has(2))) return void (yield damage("is cut off before its checksum"));
      const stored = (window.buffer[window.at] ?? 0) | ((window.buffer[window.at + 1] ?? 0) << 8);
      take(2);
      if (given === 0) return void (yield damage("holds no message"));
      if (stored !== crc) yield damage("has a wrong checksum: its records may be damaged");
    }
  } finally {
    await window.close();
  }

  /** Moves on, and gives the checksum of what was passed. */
  function take(count: number, crc = 0): number {
    const sum = fitCrc(window.buffer.subarray(window.at, window.at + count), crc);
    window.at += count;
    return sum;
  }

  async function definitionSize(hasDeveloper: boolean): Promise<number | undefined> {
    if (!(await has(6))) return undefined;
    const size = 6 + 3 * (window.buffer[window.at + 5] ?? 0);
    if (!hasDeveloper) return (await has(size)) ? size : undefined;
    if (!(await has(size + 1))) return undefined;
    const whole = size + 1 + 3 * (window.buffer[window.at + size] ?? 0);
    return (await has(whole)) ? whole : undefined;
  }
}

/** `.FIT` at the ninth byte. */
export function isFit(head: Uint8Array): boolean {
  return head[8] === 0x2e && head[9] === 0x46 && head[10] === 0x49 && head[11] === 0x54;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function readDefinition(bytes: Uint8Array): Definition {
  const isLittle = bytes[2] === 0;
  const count = bytes[5] ?? 0;
  const triple = (at: number): [number, number, number] => [bytes[at] ?? 0, bytes[at + 1] ?? 0, bytes[at + 2] ?? 0];
  let size = 0;
  const fields: Field[] = [];
  for (let i = 0; i < count; i++) {
    const [number, length, baseType] = triple(6 + 3 * i);
    fields.push({ number, size: length, baseType });
    size += length;
  }
  const developer: { number: number; size: number; index: number }[] = [];
  const from = 6 + 3 * count;
  if (bytes.length > from) {
    for (let i = 0; i < (bytes[from] ?? 0); i++) {
      const [number, length, index] = triple(from + 1 + 3 * i);
      developer.push({ number, size: length, index });
      size += length;
    }
  }
  return { number: viewOf(bytes).getUint16(3, isLittle), isLittle, fields, developer, size };
}

function readFields(
  bytes: Uint8Array,
  definition: Definition,
  descriptions: ReadonlyMap<number, { readonly name: string; readonly baseType: number }>,
): Pick<FitMessage, "fields" | "developer"> {
  const view = viewOf(bytes);
  const { isLittle } = definition;
  const fields = new Map<number, FitValue>();
  const developer = new Map<string, FitValue>();
  let at = 0;
  for (const { number, size, baseType } of definition.fields) {
    const value = readFitValue(view, { at, size, baseType, isLittle });
    if (value !== undefined) fields.set(number, value);
    at += size;
  }
  for (const { number, size, index } of definition.developer) {
    const described = descriptions.get((index << 8) | number);
    const baseType = described?.baseType ?? 0x0d;
    const value = readFitValue(view, { at, size, baseType, isLittle });
    if (value !== undefined) developer.set(described?.name ?? `developer ${index} field ${number}`, value);
    at += size;
  }
  return { fields, developer };
}

function describe(
  fields: ReadonlyMap<number, FitValue>,
  descriptions: Map<number, { readonly name: string; readonly baseType: number }>,
): void {
  const index = fields.get(0);
  const number = fields.get(1);
  const baseType = fields.get(2);
  const name = fields.get(3);
  if (typeof index !== "number" || typeof number !== "number" || typeof baseType !== "number") return;
  const text = typeof name === "string" ? name : `developer ${index} field ${number}`;
  descriptions.set((index << 8) | number, { name: text, baseType });
}
