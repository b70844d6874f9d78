// Hardhat's chain on loopback, for node/src/dev/chainProcess.ts: `node scripts/hardhatChain.ts PORT`, until it is stopped.
//
// Not `hardhat node`: that hands the chain every build of the contracts that was ever made here, for names in error messages
// that nothing reads (errors are decoded from their data). That is seconds of processor time and half a gigabyte a start.
import { fileURLToPath } from "node:url";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";

const root = fileURLToPath(new URL("..", import.meta.url));
const noArtifacts = { paths: { artifacts: "./.cache/no-artifacts" } };
const hre = await createHardhatRuntimeEnvironment(noArtifacts, {}, root);
const server = await hre.network.createServer("node", "127.0.0.1", Number(process.argv[2]));
const { address, port } = await server.listen();
process.stdout.write(`JSON-RPC server at http://${address}:${port}\n`);
