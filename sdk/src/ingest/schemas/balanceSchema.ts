import type { RecordSchema } from "./recordSchema.ts";

/** What an account held on a day. Terms: ISO 20022 CashBalance. */
export const balanceSchema: RecordSchema = {
  id: "persona:balance@1",
  table: "balances",
  key: "id",
  time: "date",
  columns: [
    { name: "id", type: "VARCHAR", nullable: false, description: "Made of account, type, date and amount." },
    { name: "account", type: "VARCHAR", nullable: true, description: "Id of the account." },
    {
      name: "type",
      type: "VARCHAR",
      nullable: true,
      description: "opening, closing, interim, available or forward; null when the source's is none of these.",
    },
    {
      name: "source_type",
      type: "VARCHAR",
      nullable: true,
      description: "The source's own code, such as CLBD or 62F.",
    },
    { name: "date", type: "DATE", nullable: true, description: "The day, as the bank writes it." },
    { name: "amount", type: "DECIMAL", nullable: false, description: "Signed: a debt of the owner is negative." },
    { name: "currency", type: "VARCHAR", nullable: true, description: "ISO 4217 code." },
  ],
};
