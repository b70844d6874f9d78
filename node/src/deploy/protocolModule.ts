import {
  buildModule,
  type Future,
  type IgnitionModuleBuilder,
  type NamedArtifactContractDeploymentFuture,
} from "@nomicfoundation/ignition-core";
import { type ContractName, type PlannedArgument, protocolContracts } from "./protocolContracts.ts";

/**
 * The plan of protocolContracts.ts as a module of Hardhat Ignition: each contract after the one before it, so that nonces and
 * therefore addresses are known beforehand, and one last call that sets the roles.
 *
 * Parameters: those of `ConstructorParameters`, `<Contract>Address` for a contract that is named before it exists (its
 * predicted address), and `governanceCalls`. `npm run deploy` computes them; by hand they are easily wrong.
 */
export function protocolModule(options: { readonly simulated: boolean }) {
  return buildModule(moduleId(options), (m) => {
    const deployed = new Map<string, NamedArtifactContractDeploymentFuture<ContractName>>();
    const after: Future[] = [];
    const resolve = (arg: PlannedArgument) =>
      "at" in arg
        ? (deployed.get(arg.at) ?? m.getParameter<string>(`${arg.at}Address`))
        : m.getParameter(arg.parameter);
    for (const { name, args } of protocolContracts(options)) {
      const contract = m.contract(name, Object.values(args).map(resolve), { after: after.slice(-1) });
      deployed.set(name, contract);
      after.push(contract);
    }
    setRoles(m, deployed.get("AccessManager"), after);
    return Object.fromEntries(deployed);
  });
}

export const moduleId = ({ simulated }: { readonly simulated: boolean }) =>
  simulated ? "PersonaProtocolLocal" : "PersonaProtocol";

function setRoles(
  m: IgnitionModuleBuilder,
  authority: NamedArtifactContractDeploymentFuture<ContractName> | undefined,
  after: Future[],
): void {
  if (authority === undefined) throw new RangeError("The plan has no AccessManager.");
  m.call(authority, "multicall", [m.getParameter("governanceCalls")], { id: "Roles", after: after.slice(-1) });
}
