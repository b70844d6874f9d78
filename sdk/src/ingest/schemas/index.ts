export { accountSchema } from "./accountSchema.ts";
export { likeSchema } from "./likeSchema.ts";
export { postSchema } from "./postSchema.ts";
export type { Column, ColumnType, ColumnValue, RecordSchema, SchemaRecord } from "./recordSchema.ts";
