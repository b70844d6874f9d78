export { accountSchema } from "./accountSchema.ts";
export { isDay, isDecimal } from "./checkRecord.ts";
export { extraSchema } from "./extraSchema.ts";
export { likeSchema } from "./likeSchema.ts";
export { messageSchema } from "./messageSchema.ts";
export { participantSchema } from "./participantSchema.ts";
export { personSchema } from "./personSchema.ts";
export { postSchema } from "./postSchema.ts";
export type { Column, ColumnType, ColumnValue, RecordSchema, SchemaRecord } from "./recordSchema.ts";
