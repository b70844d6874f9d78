import { join } from "node:path";
import {
  type Artifact,
  CollectStackTraces,
  EdrContext,
  FsAccessPermission,
  IncludeTraces,
  L1_CHAIN_TYPE,
  l1GenesisState,
  l1HardforkFromString,
  l1SolidityTestRunnerFactory,
  type SolidityTestRunnerConfigArgs,
  type SuiteResult,
} from "@nomicfoundation/edr";

/** Of one contract, as its artifact has it. */
export type Code = { readonly bytecode: string; readonly deployedBytecode: string };
/** By `contracts/x/A.sol:A`. Undefined: there is no such artifact. */
export type Codes = ReadonlyMap<string, Code | undefined>;

type TestChoice = {
  readonly codes: Codes;
  /** Names of test contracts. */
  readonly suites: readonly string[];
  readonly grep?: string;
  readonly grepExclude?: string;
  /** Instead of what the configuration says. */
  readonly fuzzRuns?: number;
  readonly walks?: { readonly runs: number; readonly depth: number };
};

type LoadedArtifact = { readonly name: string; readonly isSuite: boolean; readonly artifact: Artifact };

/** Of one test. A mutant that never ends shall end soon; no test needs a tenth of it. */
const GAS_LIMIT = 1n << 28n;
const HARDFORK = "osaka"; // as hardhat.test.config.ts has it

/**
 * What `hardhat test solidity` runs, again and again with other code under the tests: the artifacts are read once, and no
 * stack trace is made of a failure, which took Hardhat several seconds each time.
 */
export class SolidityTests {
  readonly #artifacts: readonly LoadedArtifact[];
  readonly #config: SolidityTestRunnerConfigArgs;
  readonly #context: EdrContext;

  private constructor(artifacts: readonly LoadedArtifact[], config: SolidityTestRunnerConfigArgs, context: EdrContext) {
    this.#artifacts = artifacts;
    this.#config = config;
    this.#context = context;
  }

  /** Of the project in the working directory, whose tests are compiled. */
  static async load(): Promise<SolidityTests> {
    const { default: hre } = await import("hardhat");
    const names = [...(await hre.artifacts.getAllFullyQualifiedNames())].sort();
    const artifacts = await Promise.all(names.map(async (name) => load(name, await hre.artifacts.readArtifact(name))));
    const { root, cache } = hre.config.paths;
    const { profiles } = hre.config.test.solidity as { profiles?: Readonly<Record<string, Profile>> };
    const { fuzz, invariant, fsPermissions } = profiles?.["default"] ?? {};
    const context = new EdrContext();
    await context.registerSolidityTestRunnerFactory(L1_CHAIN_TYPE, l1SolidityTestRunnerFactory());
    const config: SolidityTestRunnerConfigArgs = {
      projectRoot: root,
      hardfork: HARDFORK,
      localPredeploys: l1GenesisState(l1HardforkFromString(HARDFORK)),
      rpcCachePath: join(cache, "edr"),
      fsPermissions: (fsPermissions?.readDirectory ?? []).map((path) => {
        return { access: FsAccessPermission.ReadDirectory, path };
      }),
      ...(fuzz && { fuzz }),
      ...(invariant && { invariant }),
      includeTraces: IncludeTraces.None,
      collectStackTraces: CollectStackTraces.OnFailure,
      gasLimit: GAS_LIMIT,
      disableBlockGasLimit: true,
      disableTransactionGasCap: true,
      generateGasReport: false,
      testSourcePaths: Object.fromEntries(
        artifacts.flatMap(({ artifact: { id }, name, isSuite }) =>
          isSuite ? [[id.source, join(root, name.split(":")[0] ?? "")]] : [],
        ),
      ),
      testProfile: "default",
      declaredTestProfiles: ["default", ...Object.keys(profiles ?? {})],
    };
    return new SolidityTests(artifacts, config, context);
  }

  /** Test contracts: where each is, by its name. */
  get suites(): ReadonlyMap<string, string> {
    return new Map(
      this.#artifacts
        .filter(({ isSuite }) => isSuite)
        .map(({ name, artifact }) => [artifact.id.name, name.split(":")[0] ?? ""]),
    );
  }

  /** @returns the tests that fail, as `ATest.test_a()`, and how many ran */
  async run({
    codes,
    suites,
    grep,
    grepExclude,
    fuzzRuns,
    walks,
  }: TestChoice): Promise<{ failed: string[]; ran: number }> {
    const artifacts = this.#artifacts.flatMap(({ name, artifact }) => {
      if (!codes.has(name)) return [artifact];
      const code = codes.get(name);
      return code === undefined ? [] : [{ ...artifact, contract: { ...artifact.contract, ...code } }];
    });
    const chosen = new Set(suites);
    const ids = this.#artifacts.filter(({ isSuite, artifact }) => isSuite && chosen.has(artifact.id.name));
    const results: SuiteResult[] = [];
    if (ids.length === 0) return { failed: [], ran: 0 };
    const config = {
      ...this.#config,
      ...(grep !== undefined && { testPattern: grep }),
      ...(grepExclude !== undefined && { excludeTestPattern: grepExclude }),
      ...(fuzzRuns !== undefined && { fuzz: { ...this.#config.fuzz, runs: fuzzRuns } }),
      ...(walks !== undefined && { invariant: { ...this.#config.invariant, ...walks } }),
    };
    await new Promise<void>((resolve, reject) => {
      const tracing = { buildInfos: [], ignoreContracts: false };
      const wanted = ids.map(({ artifact }) => artifact.id);
      const onSuite = (result: SuiteResult) => {
        results.push(result);
        if (results.length === wanted.length) resolve();
      };
      this.#context.runSolidityTests(L1_CHAIN_TYPE, artifacts, wanted, config, tracing, onSuite).catch(reject);
    });
    const tests = results.flatMap(({ id, testResults }) =>
      testResults.map((test) => ({ title: `${id.name}.${test.name}`, status: `${test.status}` })),
    );
    return {
      failed: tests.flatMap(({ title, status }) => (status === "Failure" ? [title] : [])).sort(),
      ran: tests.length,
    };
  }
}

type Profile = {
  readonly fuzz?: SolidityTestRunnerConfigArgs["fuzz"];
  readonly invariant?: SolidityTestRunnerConfigArgs["invariant"];
  readonly fsPermissions?: { readonly readDirectory?: readonly string[] };
};

type HardhatArtifact = Awaited<ReturnType<import("hardhat/types/artifacts").ArtifactManager["readArtifact"]>>;

function load(name: string, artifact: HardhatArtifact): LoadedArtifact {
  const { contractName, sourceName, inputSourceName, abi, buildInfoId = "" } = artifact;
  const version = /^solc-(\d+)_(\d+)_(\d+)-/.exec(buildInfoId)?.slice(1).join(".");
  if (version === undefined) throw new Error(`${name} was not made by a compiler: ${JSON.stringify(buildInfoId)}.`);
  const isSuite =
    sourceName.startsWith("test/") &&
    artifact.bytecode.length > 2 &&
    abi.some((part) => part.type === "function" && /^(test|invariant)/.test(part.name));
  return {
    name,
    isSuite,
    artifact: {
      id: { name: contractName, solcVersion: version, source: inputSourceName ?? sourceName },
      contract: {
        abi: JSON.stringify(abi),
        bytecode: artifact.bytecode,
        linkReferences: artifact.linkReferences as NonNullable<Artifact["contract"]["linkReferences"]>,
        deployedBytecode: artifact.deployedBytecode,
        deployedLinkReferences: artifact.deployedLinkReferences as NonNullable<Artifact["contract"]["linkReferences"]>,
      },
    },
  };
}
