import { contractCall, type Deployment, jobMarketAbi } from "../contracts/index.ts";
import type { BuiltJob } from "./buildJob.ts";

const onJob =
  (functionName: "cancelJob" | "timeOutJob") =>
  ({ jobMarket: address }: Pick<Deployment, "jobMarket">, { jobId, params }: Pick<BuiltJob, "jobId" | "params">) =>
    contractCall({ address, abi: jobMarketAbi, functionName, args: [jobId, params] });

export const cancelJobCall = onJob("cancelJob");
export const timeOutJobCall = onJob("timeOutJob");

/** Sends the caller all that the market holds for it in this token. */
export const withdrawCall = ({ jobMarket: address }: Pick<Deployment, "jobMarket">, token: `0x${string}`) =>
  contractCall({ address, abi: jobMarketAbi, functionName: "withdraw", args: [token] });
