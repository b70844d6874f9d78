/**
 * What clients do, action by action, for the reference alone: there an interface shows its members with their comments, while the
 * SDK's own types are inferred from functions.
 *
 * @module actions
 */
import type { PersonaActions as Actions } from "../../sdk/src/client.ts";
import type { DappActions as OfDapps } from "../../sdk/src/dapp/createDappClient.ts";

/** Of `createPersonaClient` and `personaActions`. */
export interface PersonaActions extends Actions {}
/** Of `createDappClient`. */
export interface DappActions extends OfDapps {}
