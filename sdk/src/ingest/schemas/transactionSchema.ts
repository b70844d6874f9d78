import type { RecordSchema } from "./recordSchema.ts";

/** One entry of an account statement. Terms: ISO 20022 ReportEntry. */
export const transactionSchema: RecordSchema = {
  id: "persona:transaction@1",
  table: "transactions",
  key: "id",
  time: "date",
  columns: [
    {
      name: "id",
      type: "VARCHAR",
      nullable: false,
      description: "The bank's own within its account, or one made of what never changes.",
    },
    { name: "account", type: "VARCHAR", nullable: true, description: "Id of the account." },
    {
      name: "date",
      type: "DATE",
      nullable: true,
      description: "The statement's own order: booking_date, in MT940 value_date; the other one where that is missing.",
    },
    { name: "booking_date", type: "DATE", nullable: true, description: "Day it was booked, as the bank writes it." },
    { name: "value_date", type: "DATE", nullable: true, description: "Day it counts from for interest." },
    {
      name: "amount",
      type: "DECIMAL",
      nullable: true,
      description: "Signed: what leaves the account is negative. Null for a security that moves without money.",
    },
    { name: "currency", type: "VARCHAR", nullable: true, description: "ISO 4217 code of amount." },
    { name: "original_amount", type: "DECIMAL", nullable: true, description: "Amount before it was exchanged." },
    { name: "original_currency", type: "VARCHAR", nullable: true, description: "Currency of original_amount." },
    { name: "type", type: "VARCHAR", nullable: true, description: "Kind of entry, the source's word or code." },
    { name: "status", type: "VARCHAR", nullable: true, description: "The source's word: booked, pending." },
    {
      name: "counterparty_name",
      type: "VARCHAR",
      nullable: true,
      description: "Who paid or was paid.",
      others: "identity",
    },
    {
      name: "counterparty_account",
      type: "VARCHAR",
      nullable: true,
      description: "IBAN or number of their account.",
      others: "identity",
    },
    { name: "counterparty_bank", type: "VARCHAR", nullable: true, description: "BIC or code of their bank." },
    {
      name: "description",
      type: "VARCHAR",
      nullable: true,
      description: "Purpose and texts of the entry; may name people.",
      others: "content",
    },
    {
      name: "reference",
      type: "VARCHAR",
      nullable: true,
      description: "What the payer refers to: end-to-end id, creditor reference, cheque number.",
    },
    { name: "bank_reference", type: "VARCHAR", nullable: true, description: "The bank's reference of the entry." },
    { name: "category", type: "VARCHAR", nullable: true, description: "Category the source put it in." },
    { name: "statement", type: "VARCHAR", nullable: true, description: "Id or number of the statement it stands in." },
    {
      name: "balance_after",
      type: "DECIMAL",
      nullable: true,
      description: "Balance behind this entry, where the source prints it beside each.",
    },
  ],
};
