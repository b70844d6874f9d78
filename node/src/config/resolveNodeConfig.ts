import { dirname, resolve } from "node:path";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { z } from "zod";
import { type NodeConfig, nodeConfigSchema } from "./nodeConfig.ts";
import { type NodeSetting, nodeSettings, type SettingName, variablePrefix } from "./nodeSettings.ts";
import { readJson } from "./readJson.ts";
import { holdsSecret } from "./redactConfig.ts";

/** Where a setting's value comes from; an earlier one goes before a later one. */
type ConfigSource = "flag" | "environment" | "file" | "default";

export type ResolvedConfig = {
  readonly config: NodeConfig;
  /** Settings without a value have no source. */
  readonly sources: Readonly<Partial<Record<SettingName, ConfigSource>>>;
};

export type ConfigInput = {
  /** The JSON file; otherwise what the environment names, otherwise none. */
  readonly file?: string | undefined;
  /** As they were typed, by the setting's name. */
  readonly flags?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string | undefined>>;
};

/**
 * The configuration from flags, environment (`PERSONA_NODE_…`), file and defaults, in this order.
 * @throws PersonaError CONFIG_INVALID for an unknown setting in any of them, and for a secret outside of files
 */
export function resolveNodeConfig({ file: named, flags = {}, environment = {} }: ConfigInput): ResolvedConfig {
  const settings = nodeSettings();
  const file = named ?? environment[fileVariable];
  const values: Record<string, unknown> = {};
  const sources: Partial<Record<SettingName, ConfigSource>> = {};
  const take = (source: ConfigSource, name: string, value: unknown) => {
    values[name] = value;
    sources[name as SettingName] = source;
  };

  if (file !== undefined) {
    for (const [name, value] of Object.entries(settingsIn(file))) {
      const setting = settings.find((known) => known.name === name);
      take("file", name, setting === undefined ? value : absolute(setting, value, dirname(resolve(file))));
    }
  }
  refuseUnknown(settings, environment);
  for (const setting of settings) {
    const { name, variable, flag } = setting;
    const fromEnvironment = environment[variable];
    if (fromEnvironment !== undefined) take("environment", name, parseText(setting, fromEnvironment, variable));
    const typed = Object.hasOwn(flags, name) ? flags[name] : undefined;
    if (typed !== undefined) take("flag", name, parseText(setting, typed, flag));
    if (values[name] === undefined && setting.preset !== undefined) sources[name] = "default";
  }

  const parsed = nodeConfigSchema.safeParse(values);
  if (!parsed.success)
    throw new PersonaError(
      "CONFIG_INVALID",
      `${file ?? "What flags and environment say"} is not a valid configuration. ${z.prettifyError(parsed.error)}`,
    );
  return { config: parsed.data, sources };
}

/** Names the file where no flag does. */
export const fileVariable = `${variablePrefix}CONFIG`;

/** A daemon's configuration from its file alone. @throws PersonaError CONFIG_INVALID */
export function loadNodeConfig(file: string): NodeConfig {
  return resolveNodeConfig({ file }).config;
}

function settingsIn(file: string): Readonly<Record<string, unknown>> {
  const value = readJson(file);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new PersonaError("CONFIG_INVALID", `${file} does not hold a JSON object.`);
}

/** A mistyped variable would leave the default in force, without a word. */
function refuseUnknown(
  settings: readonly NodeSetting[],
  environment: Readonly<Record<string, string | undefined>>,
): void {
  const known = new Set([fileVariable, ...settings.map(({ variable }) => variable)]);
  const unknown = Object.keys(environment).find((name) => name.startsWith(variablePrefix) && !known.has(name));
  if (unknown !== undefined)
    throw new PersonaError("CONFIG_INVALID", "The environment has a variable that is no setting.", {
      data: { variable: unknown },
    });
}

/** The text of a flag or a variable as the setting's type. */
function parseText(setting: NodeSetting, text: string, from: string): unknown {
  const { type, names } = setting;
  const parts = type === "list" ? (text === "" ? [] : text.split(",").map((part) => part.trim())) : [text];
  if (names === "url" && parts.some(holdsSecret))
    // Not its value: that is what must not be printed.
    throw new PersonaError(
      "CONFIG_INVALID",
      "A URL with a path, a query or credentials may hold a key, and others see flags and environment: it goes into the configuration file.",
      { data: { setting: from } },
    );
  if (type === "list") return parts;
  if (type === "boolean" && (text === "true" || text === "false")) return text === "true";
  // Not Number alone: that takes "" and "0x10".
  if (type === "integer" && /^-?\d{1,15}$/.test(text)) return Number(text);
  return absolute(setting, text, process.cwd());
}

function absolute({ names }: NodeSetting, value: unknown, folder: string): unknown {
  // An http URL of dstack's simulator is no path.
  if (names !== "path" || typeof value !== "string" || value === "" || value.startsWith("http:")) return value;
  return resolve(folder, value);
}
