import { isPersonaError, type PersonaError } from "../errors/index.ts";
import type { RawRemark } from "./connector.ts";
import { leftOut } from "./leftOut.ts";

export type FileGuard = {
  /** What is read of a file; nothing when not even a first of it can be read, which is remembered. Other errors pass. */
  pass<T>(segment: string, file: string, items: () => AsyncIterable<T>): AsyncGenerator<T>;
  /** The files that were left out, once all were read. Errors: the first file's, when none could be read. */
  told(): Generator<RawRemark>;
};

/** Among several files of an export one that cannot be read at all is left out and said; alone it is an error. */
export function createFileGuard(): FileGuard {
  const broken: { readonly segment: string; readonly file: string; readonly error: PersonaError }[] = [];
  let whole = 0;
  return {
    async *pass(segment, file, items) {
      let some = false;
      try {
        for await (const item of items()) {
          some = true;
          yield item;
        }
        whole += 1;
      } catch (error) {
        if (some || !isPersonaError(error) || error.code !== "EXPORT_INVALID") throw error;
        broken.push({ segment, file, error });
      }
    },
    *told() {
      if (whole === 0 && broken[0] !== undefined) throw broken[0].error;
      for (const { segment, file } of broken) yield leftOut(segment, file, "is a file that cannot be read");
    },
  };
}
