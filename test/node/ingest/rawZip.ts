import { crc32, deflateRawSync } from "node:zlib";

/** One entry, every field of which may lie. What is left out is honest. */
export type RawEntry = {
  readonly name: string | Uint8Array;
  readonly data?: string | Uint8Array;
  readonly method?: number;
  readonly flags?: number;
  /** The packed bytes as they stand in the file, instead of those of `data`. */
  readonly packed?: Uint8Array;
  readonly size?: number;
  readonly packedSize?: number;
  readonly crc?: number;
  /** Upper half: unix mode. */
  readonly externalAttributes?: number;
  readonly localName?: string;
  readonly localMethod?: number;
  readonly localFlags?: number;
  readonly localExtra?: Uint8Array;
  readonly localSize?: number;
  readonly extra?: Uint8Array;
  /** Offset of the local header that the directory names, instead of its own. */
  readonly headerOffset?: number;
  /** The directory alone names it; nothing of it is in the file. */
  readonly directoryOnly?: boolean;
};

export type RawZipOptions = {
  readonly prefix?: Uint8Array;
  readonly comment?: Uint8Array;
  readonly entryCount?: number;
  readonly zip64?: boolean;
};

/** Builds a zip byte by byte, honest or not. */
export function rawZip(entries: readonly RawEntry[], options: RawZipOptions = {}): Buffer {
  const parts: Uint8Array[] = [options.prefix ?? new Uint8Array()];
  let offset = parts[0]?.length ?? 0;
  const directory: Uint8Array[] = [];
  for (const entry of entries) {
    const name = bytesOf(entry.name);
    const data = bytesOf(entry.data ?? "");
    const method = entry.method ?? 8;
    const packed = entry.packed ?? (method === 8 ? deflateRawSync(data) : data);
    const size = entry.size ?? data.length;
    const packedSize = entry.packedSize ?? packed.length;
    const crc = entry.crc ?? crc32(data);
    const flags = entry.flags ?? 0x800;
    const headerOffset = entry.headerOffset ?? offset;
    const big = options.zip64 === true || size > 0xfffffffe || packedSize > 0xfffffffe || headerOffset > 0xfffffffe;
    const zip64 = big ? zip64Extra(size, packedSize, headerOffset) : new Uint8Array();
    const extra = Buffer.concat([zip64, entry.extra ?? new Uint8Array()]);

    if (entry.directoryOnly !== true) {
      const localName = bytesOf(entry.localName ?? entry.name);
      const localExtra = Buffer.concat([big ? zip64.subarray(0, 20) : zip64, entry.localExtra ?? new Uint8Array()]);
      if (big) localExtra.writeUInt16LE(16, 2);
      const local = Buffer.alloc(30);
      local.writeUInt32LE(0x04034b50, 0);
      local.writeUInt16LE(big ? 45 : 20, 4);
      local.writeUInt16LE(entry.localFlags ?? flags, 6);
      local.writeUInt16LE(entry.localMethod ?? method, 8);
      local.writeUInt32LE(crc, 14);
      local.writeUInt32LE(big ? 0xffffffff : packedSize, 18);
      local.writeUInt32LE(big ? 0xffffffff : (entry.localSize ?? size), 22);
      local.writeUInt16LE(localName.length, 26);
      local.writeUInt16LE(localExtra.length, 28);
      parts.push(local, localName, localExtra, packed);
      offset += local.length + localName.length + localExtra.length + packed.length;
    }

    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE((3 << 8) | 63, 4);
    central.writeUInt16LE(big ? 45 : 20, 6);
    central.writeUInt16LE(flags, 8);
    central.writeUInt16LE(method, 10);
    central.writeUInt32LE(crc, 16);
    central.writeUInt32LE(big ? 0xffffffff : packedSize, 20);
    central.writeUInt32LE(big ? 0xffffffff : size, 24);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt16LE(extra.length, 30);
    central.writeUInt32LE((entry.externalAttributes ?? 0o100644 * 0x10000) >>> 0, 38);
    central.writeUInt32LE(big ? 0xffffffff : headerOffset, 42);
    directory.push(central, name, extra);
  }
  const directoryBytes = Buffer.concat(directory);
  const count = options.entryCount ?? entries.length;
  const comment = options.comment ?? new Uint8Array();
  const tail: Uint8Array[] = [];
  const end64 = options.zip64 === true || count > 0xffff;
  if (end64) {
    const end = Buffer.alloc(56);
    end.writeUInt32LE(0x06064b50, 0);
    end.writeBigUInt64LE(44n, 4);
    end.writeUInt16LE(45, 12);
    end.writeUInt16LE(45, 14);
    end.writeBigUInt64LE(BigInt(count), 24);
    end.writeBigUInt64LE(BigInt(count), 32);
    end.writeBigUInt64LE(BigInt(directoryBytes.length), 40);
    end.writeBigUInt64LE(BigInt(offset), 48);
    const locator = Buffer.alloc(20);
    locator.writeUInt32LE(0x07064b50, 0);
    locator.writeBigUInt64LE(BigInt(offset + directoryBytes.length), 8);
    locator.writeUInt32LE(1, 16);
    tail.push(end, locator);
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(end64 ? 0xffff : count, 8);
  end.writeUInt16LE(end64 ? 0xffff : count, 10);
  end.writeUInt32LE(end64 ? 0xffffffff : directoryBytes.length, 12);
  end.writeUInt32LE(end64 ? 0xffffffff : offset, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...parts, directoryBytes, ...tail, end, comment]);
}

/** Info-ZIP's Unicode path (0x7075): a second name, which readers that know it take instead. */
export function unicodePathExtra(name: string, unicodeName: string): Buffer {
  const text = Buffer.from(unicodeName);
  const extra = Buffer.alloc(9);
  extra.writeUInt16LE(0x7075, 0);
  extra.writeUInt16LE(5 + text.length, 2);
  extra.writeUInt8(1, 4);
  extra.writeUInt32LE(crc32(Buffer.from(name)), 5);
  return Buffer.concat([extra, text]);
}

function zip64Extra(size: number, packedSize: number, headerOffset: number): Buffer {
  const extra = Buffer.alloc(28);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(24, 2);
  extra.writeBigUInt64LE(BigInt(size), 4);
  extra.writeBigUInt64LE(BigInt(packedSize), 12);
  extra.writeBigUInt64LE(BigInt(headerOffset), 20);
  return extra;
}

function bytesOf(data: string | Uint8Array): Buffer {
  return Buffer.from(data as Uint8Array);
}
