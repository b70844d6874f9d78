import type { NodeConfig } from "./nodeConfig.ts";
import { nodeSettings } from "./nodeSettings.ts";

/** In place of what nobody shall read. */
const withheld = "<set>";

/** May be logged: has no secret. Made by `redactConfig` only. */
export type RedactedConfig = { readonly [Key in keyof NodeConfig]?: unknown };

const made = new WeakSet<object>();

/** The configuration with secrets as `<set>`; of a URL scheme, host and port remain. */
export function redactConfig(config: NodeConfig): RedactedConfig {
  const secrets = new Map(nodeSettings().map((setting) => [setting.name as string, setting]));
  const redacted = Object.fromEntries(
    Object.entries(config).map(([name, value]) => {
      const setting = secrets.get(name);
      if (setting?.isSecret === true) return [name, withheld];
      // `evidencePath` may be a URL, too.
      const isUrl = setting?.names === "url" || (typeof value === "string" && /^https?:/.test(value));
      if (!isUrl) return [name, value];
      return [name, Array.isArray(value) ? value.map((item) => redactUrl(String(item))) : redactUrl(String(value))];
    }),
  );
  made.add(redacted);
  return redacted;
}

/** Has `redactConfig` made this very object? */
export const isRedactedConfig = (value: unknown): boolean =>
  typeof value === "object" && value !== null && made.has(value);

/** Scheme, host and port of a URL; what comes after them, or before the host, is a key as often as not. */
export function redactUrl(text: string): string {
  if (!URL.canParse(text)) return withheld;
  const { protocol, host } = new URL(text);
  return `${protocol}//${host}${holdsSecret(text) ? `/${withheld}` : ""}`;
}

/** Is there more in this URL than where to connect to? */
export function holdsSecret(text: string): boolean {
  if (!URL.canParse(text)) return false; // The schema refuses it.
  const { username, password, pathname, search, hash } = new URL(text);
  return username !== "" || password !== "" || search !== "" || hash !== "" || (pathname !== "/" && pathname !== "");
}
