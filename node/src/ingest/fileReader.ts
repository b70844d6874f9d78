import type { FileHandle } from "node:fs/promises";
import { RandomAccessReader } from "yauzl";

const windowBytes = 256 * 1024;

/**
 * What yauzl reads headers through. It asks for 46 bytes at a time; one window over the file makes a directory of 100,000
 * entries a few dozen reads. Contents of files do not go through here.
 */
export class FileReader extends RandomAccessReader {
  readonly #handle: FileHandle;
  #window = Buffer.alloc(0);
  #windowStart = 0;

  constructor(handle: FileHandle) {
    super();
    this.#handle = handle;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    this.#read(buffer, offset, length, position).then(
      (bytesRead) => callback(null, bytesRead),
      (error: Error) => callback(error),
    );
  }

  /** The handle belongs to whoever opened it. */
  override close(callback: (error: Error | null) => void): void {
    setImmediate(callback, null);
  }

  async #read(buffer: Buffer, offset: number, length: number, position: number): Promise<number> {
    // Offsets come from the file: 64 bits that need not be a number of this file, or of any.
    if (!Number.isSafeInteger(position) || position < 0) throw new Error("position outside of the file");
    if (position < this.#windowStart || position + length > this.#windowStart + this.#window.length) {
      const window = Buffer.allocUnsafe(Math.max(windowBytes, length));
      const { bytesRead } = await this.#handle.read(window, 0, window.length, position);
      this.#window = window.subarray(0, bytesRead);
      this.#windowStart = position;
    }
    const start = position - this.#windowStart;
    return this.#window.copy(buffer, offset, start, start + length);
  }
}
