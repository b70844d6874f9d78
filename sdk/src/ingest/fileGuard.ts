import { isPersonaError, type PersonaError } from "../errors/index.ts";
import type { RawRemark } from "./connector.ts";
import { leftOut } from "./leftOut.ts";

export type FileGuard = {
  /** What can be read of a file, as far as it goes: that it ends there is remembered. Other errors pass. */
  pass<T>(segment: string, file: string, items: () => AsyncIterable<T>): AsyncGenerator<T>;
  /** The files that ended so, once all were read. Errors: the first file's, when none was whole. */
  told(): Generator<RawRemark>;
};

/** Among several files of an export, one that is cut off or damaged is read as far as it goes, and said; alone it is an error. */
export function createFileGuard(): FileGuard {
  const broken: { segment: string; file: string; some: boolean; error: PersonaError }[] = [];
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
        if (!isPersonaError(error) || error.code !== "EXPORT_INVALID") throw error;
        broken.push({ segment, file, some, error });
      }
    },
    *told() {
      if (whole === 0 && broken[0] !== undefined) throw broken[0].error;
      for (const { segment, file, some } of broken) {
        const reason = some
          ? "is the rest of a file that is cut off or damaged; what stands before it is kept"
          : "is a file that cannot be read";
        yield leftOut(segment, file, reason);
      }
    },
  };
}
