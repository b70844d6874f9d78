import { z } from "zod";
import { type NodeConfig, nodeConfigSchema } from "./nodeConfig.ts";

export type SettingName = keyof NodeConfig & string;

/** One setting, as the schema has it: what flags, environment, help and docs are made of. */
export type NodeSetting = {
  readonly name: SettingName;
  /** `--rpc-url` */
  readonly flag: string;
  /** `PERSONA_NODE_RPC_URL` */
  readonly variable: string;
  readonly type: "string" | "integer" | "boolean" | "list";
  readonly choices: readonly string[] | undefined;
  /** undefined: there is none. */
  readonly preset: unknown;
  readonly isRequired: boolean;
  readonly description: string;
  /** What it names, where that matters. */
  readonly names: "path" | "url" | undefined;
  /** Its value is not logged. */
  readonly isSecret: boolean;
};

/** Before each variable; one that begins so and is no setting is refused. */
export const variablePrefix = "PERSONA_NODE_";

const property = z.object({
  type: z.enum(["string", "integer", "boolean", "array"]),
  enum: z.array(z.string()).optional(),
  default: z.unknown().optional(),
  description: z.string(),
  setting: z.enum(["path", "url"]).optional(),
  secret: z.boolean().default(false),
});

let made: readonly NodeSetting[] | undefined;

/** All settings, in the order of the schema. */
export function nodeSettings(): readonly NodeSetting[] {
  made ??= makeSettings();
  return made;
}

function makeSettings(): readonly NodeSetting[] {
  const { properties = {}, required = [] } = z.toJSONSchema(nodeConfigSchema, { io: "input" });
  return Object.entries(properties).map(([name, value]) => {
    const { type, enum: choices, default: preset, description, setting, secret } = property.parse(value);
    const words = name.replace(/[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
    return {
      // The schema's own keys.
      name: name as SettingName,
      flag: `--${words.replaceAll("_", "-")}`,
      variable: `${variablePrefix}${words.toUpperCase()}`,
      type: type === "array" ? "list" : type,
      choices,
      preset,
      isRequired: required.includes(name),
      description,
      names: setting,
      isSecret: secret,
    };
  });
}
