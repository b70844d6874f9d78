export * from "./x509/index.ts";
