import { PersonaError } from "@persona-protocol/sdk/errors";
import { nodeSettings } from "../../config/nodeSettings.ts";
import { type ResolvedConfig, resolveNodeConfig } from "../../config/resolveNodeConfig.ts";

/** What the command line says: `config` names the file, and each setting may be a flag. */
export type ConfigOptions = Readonly<Record<string, unknown>> & { readonly config?: string };

/** @throws PersonaError CONFIG_INVALID */
export const configOf = (options: ConfigOptions): ResolvedConfig =>
  resolveNodeConfig({ file: options.config, flags: flagsOf(options), environment: process.env });

/** The settings among a command's options, as they were typed. */
export function flagsOf(options: ConfigOptions): Readonly<Record<string, string>> {
  const typed = nodeSettings().flatMap(({ name }) => {
    const value = options[name];
    return typeof value === "string" ? [[name, value] as const] : [];
  });
  return Object.fromEntries(typed);
}

/** @throws PersonaError USAGE */
export function secondsOf(flag: string, text: string): number {
  const seconds = Number(text);
  if (/^\d{1,6}$/.test(text)) return seconds;
  throw new PersonaError("USAGE", `${flag} takes a number of seconds.`, { data: { got: text } });
}
