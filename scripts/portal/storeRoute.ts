import type { BlockMedium } from "@persona-protocol/sdk/storage";
import { createStoreHandler } from "../../node/src/storage/storeServer.ts";
import type { Route } from "./servePortal.ts";

/** A store for the page beside the page, as `persona dev` serves one: in the place of a person's own. */
export function storeRoute(medium: BlockMedium): Route {
  const store = createStoreHandler(medium);
  return async (path, _query, request, response) => {
    request.url = path;
    if (!(await store(request, response))) response.writeHead(404).end();
  };
}
