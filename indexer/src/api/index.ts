import { db } from "ponder:api";
import schema from "ponder:schema";
import { Hono } from "hono";
import { client, graphql } from "ponder";

const app = new Hono();
// SQL that only reads, from @ponder/client; bounded by the database itself.
app.use("/sql/*", client({ db, schema }));
app.use("/graphql", graphql({ db, schema }));

// biome-ignore lint/style/noDefaultExport: where Ponder looks for it
export default app;
