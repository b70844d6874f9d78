import type { RawRemark } from "./connector.ts";
import { isObject } from "./jsonFiles.ts";

/** What a connector gives in place of a record that it leaves out; `reason` is a constant text. */
export function leftOut(
  segment: string,
  file: string,
  reason: string,
  { position = 0, fields }: Partial<Pick<RawRemark, "position" | "fields">> = {},
): RawRemark {
  return { segment, remark: "skipped", reason, fields, file, position };
}

/** A value of a source as fields to keep. */
export function kept(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : { value };
}
