/**
 * Before the SDK is loaded: zod looks whether it may make functions out of text, to be faster. It may not here, and the browser would
 * report each try as a break of the page's policy.
 */
(globalThis as { __zod_globalConfig?: { jitless: boolean } }).__zod_globalConfig = { jitless: true };
