import type { RecordSchema } from "./recordSchema.ts";

/** An account of the owner at a bank, card company or broker. Terms: ISO 20022 CashAccount. */
export const bankAccountSchema: RecordSchema = {
  id: "persona:bank-account@1",
  table: "accounts",
  key: "id",
  time: null,
  columns: [
    {
      name: "id",
      type: "VARCHAR",
      nullable: false,
      description:
        "What transactions and balances call it: its IBAN, else its number as the bank writes it, else its name.",
    },
    { name: "iban", type: "VARCHAR", nullable: true, description: "IBAN, blanks removed." },
    {
      name: "number",
      type: "VARCHAR",
      nullable: true,
      description: "Number of account or card, as the bank writes it.",
    },
    { name: "bank", type: "VARCHAR", nullable: true, description: "BIC or national code of the bank; a broker's id." },
    { name: "name", type: "VARCHAR", nullable: true, description: "Name of the account." },
    {
      name: "owner_name",
      type: "VARCHAR",
      nullable: true,
      description: "Whose it is, by the bank: the owner or several.",
    },
    { name: "type", type: "VARCHAR", nullable: true, description: "Kind of account, the source's word in lower case." },
    { name: "currency", type: "VARCHAR", nullable: true, description: "ISO 4217 code." },
  ],
};
