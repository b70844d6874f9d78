type TrustedTypes = {
  createPolicy(
    name: string,
    rules: { createScriptURL: (url: string) => string },
  ): { createScriptURL(url: string): URL };
};

/** The scripts that are started by their address: files of this page, and nothing else (Trusted Types, docs/portal.md). */
const policy = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes?.createPolicy("portal-worker", {
  createScriptURL(url) {
    if (new URL(url, location.href).origin !== location.origin) throw new TypeError("not a script of this page");
    return url;
  },
});

/** @param url what `?worker&url` gives */
export const startWorker = (url: string): Worker =>
  new Worker((policy?.createScriptURL(url) ?? url) as string, { type: "module" });
