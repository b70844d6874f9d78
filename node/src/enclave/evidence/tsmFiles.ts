import { constants } from "node:fs";
import { mkdir, open, rmdir } from "node:fs/promises";

/** The four things one does with a configfs-tsm report. A test's kernel answers between them. */
export type TsmFiles = {
  mkdir(path: string): Promise<void>;
  /** The whole attribute. @throws RangeError where it is longer than `maxBytes` */
  read(path: string, maxBytes: number): Promise<Uint8Array>;
  /** In one write, into an attribute that is there. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  rmdir(path: string): Promise<void>;
};

export const nodeTsmFiles: TsmFiles = {
  mkdir: (path) => mkdir(path),
  async read(path, maxBytes) {
    const file = await open(path, constants.O_RDONLY);
    try {
      // One byte more than allowed: what is too long is seen without being read.
      const buffer = new Uint8Array(maxBytes + 1);
      let length = 0;
      while (length < buffer.length) {
        const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      if (length > maxBytes) throw new RangeError(`${path} holds more than ${maxBytes} bytes`);
      return buffer.slice(0, length);
    } finally {
      await file.close();
    }
  },
  async write(path, bytes) {
    // Neither created nor cut: a missing attribute is a platform without it.
    const file = await open(path, constants.O_WRONLY);
    try {
      const { bytesWritten } = await file.write(bytes, 0, bytes.length, 0);
      if (bytesWritten !== bytes.length) throw new RangeError(`${path} took ${bytesWritten} of ${bytes.length} bytes`);
    } finally {
      await file.close();
    }
  },
  rmdir: (path) => rmdir(path),
};
