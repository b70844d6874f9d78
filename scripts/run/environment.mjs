import { delimiter, join } from "node:path";

/**
 * The environment of what runs inside the project: its own commands, and with them its own Node, come first on the PATH.
 *
 * @param {string} root
 * @param {Record<string, string>} [extra]
 */
export function childEnvironment(root, extra = {}) {
  const bin = join(root, "node_modules", ".bin");
  return {
    // A project about personal data does not report on the people who build it.
    HARDHAT_DISABLE_TELEMETRY: "true",
    // A third of the time that a short command takes is compiling the same modules as the last one.
    NODE_COMPILE_CACHE: join(root, ".cache", "node"),
    ...process.env,
    PATH: [bin, process.env["PATH"]].filter(Boolean).join(delimiter),
    ...extra,
  };
}

/**
 * The environment for an inner npm. `npm run` hands its own configuration down as npm_config_*, so that `npm run -s` would
 * silence an install and `npm run -w sdk` would install one workspace only. What says *how* to reach a registry stays.
 */
export function npmEnvironment() {
  const env = { ...process.env };
  for (const name of Object.keys(env)) {
    if (NOT_INHERITED.has(name.toLowerCase().replaceAll("-", "_"))) delete env[name];
  }
  // npm's defaults wait 10 and then 60 s between attempts: over a minute of silence when there is no network at all.
  env["npm_config_fetch_retry_mintimeout"] ??= "1000";
  env["npm_config_fetch_retry_maxtimeout"] ??= "4000";
  return env;
}

const NOT_INHERITED = new Set(
  [
    ..."call dry_run global if_present ignore_scripts include include_workspace_root install_links json lockfile_version".split(
      " ",
    ),
    ..."loglevel omit only optional package package_lock package_lock_only parseable prefix production save".split(" "),
    ..."save_dev save_exact silent workspace workspaces".split(" "),
  ]
    .map((name) => `npm_config_${name}`)
    .concat("node_env"),
);
