import { PersonaError } from "@persona-protocol/sdk/errors";
import type { Pool } from "pg";

/** Of the tables that this build writes. */
const version = 1;

const tables = `
  CREATE SCHEMA IF NOT EXISTS persona;
  CREATE TABLE IF NOT EXISTS persona.version (one int PRIMARY KEY CHECK (one = 1), version int NOT NULL);
  INSERT INTO persona.version VALUES (1, ${version}) ON CONFLICT DO NOTHING;
  CREATE TABLE IF NOT EXISTS persona.jobs (
    job_id text PRIMARY KEY,
    place bigint GENERATED ALWAYS AS IDENTITY,
    status text NOT NULL,
    state jsonb NOT NULL,
    block bigint NOT NULL DEFAULT 0,
    params bytea NOT NULL,
    receipt bytea,
    receipt_signer text,
    -- Whose step is under way, and whose it was when a process ended.
    owner text,
    begun text,
    crashes int NOT NULL DEFAULT 0,
    -- Counts up each time that the job is given to the queue.
    handout int NOT NULL DEFAULT 0
  );
  CREATE INDEX IF NOT EXISTS jobs_by_status ON persona.jobs (status, block);
  CREATE INDEX IF NOT EXISTS jobs_by_owner ON persona.jobs (owner) WHERE owner IS NOT NULL;
  CREATE TABLE IF NOT EXISTS persona.workers (worker text PRIMARY KEY, point jsonb, node_id bigint, registering_since bigint);
`;

/** Makes the tables where there are none. @throws PersonaError JOURNAL_UNUSABLE for those of a newer build */
export async function openSharedSchema(pool: Pool): Promise<void> {
  const client = await pool.connect();
  try {
    // Two workers that start at once would both make them.
    await client.query("BEGIN; SELECT pg_advisory_xact_lock(7166)");
    await client.query(tables);
    const { rows } = await client.query<{ version: number }>("SELECT version FROM persona.version");
    const found = rows[0]?.version ?? version;
    if (found > version)
      throw new PersonaError(
        "JOURNAL_UNUSABLE",
        "The shared journal was written by a newer build: it is not touched.",
        {
          data: { version: found, known: version },
        },
      );
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  } finally {
    client.release();
  }
}
