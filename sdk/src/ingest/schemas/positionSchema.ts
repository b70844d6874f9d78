import type { RecordSchema } from "./recordSchema.ts";

/** A position of the owner: a stretch of working life. */
export const positionSchema: RecordSchema = {
  id: "persona:position@1",
  table: "positions",
  key: "id",
  time: "started",
  columns: [
    { name: "id", type: "VARCHAR", nullable: false, description: "Made of organization, title and beginning." },
    {
      name: "organization",
      type: "VARCHAR",
      nullable: true,
      description: "JSContact organizations: name of the employer.",
    },
    { name: "title", type: "VARCHAR", nullable: true, description: "JSContact titles: what the position is called." },
    { name: "description", type: "VARCHAR", nullable: true, description: "Free text of the owner." },
    { name: "location", type: "VARCHAR", nullable: true, description: "Free text of the owner." },
    {
      name: "started",
      type: "DATE",
      nullable: true,
      description: "First day; the first of the month or year where started_precision says so. Null when unknown.",
    },
    {
      name: "started_precision",
      type: "VARCHAR",
      nullable: true,
      description: "day, month or year: how much of started the export says.",
    },
    {
      name: "ended",
      type: "DATE",
      nullable: true,
      description: "First day of the last month or year, or the last day; null while it lasts, or when unknown.",
    },
    {
      name: "ended_precision",
      type: "VARCHAR",
      nullable: true,
      description: "day, month or year: how much of ended the export says.",
    },
  ],
};
