import { type PortalConfig, parseConfig } from "./config.ts";

const maxConfigBytes = 256 * 1_024;

/** @throws Error in words for whoever serves the page */
export async function loadConfig(): Promise<PortalConfig> {
  const response = await fetch("./portal.config.json", { cache: "no-cache" });
  if (!response.ok) throw new Error(`portal.config.json is not beside the page (status ${response.status}).`);
  const text = await response.text();
  if (text.length > maxConfigBytes) throw new Error("portal.config.json is too large.");
  return parseConfig(JSON.parse(text), location.href);
}
