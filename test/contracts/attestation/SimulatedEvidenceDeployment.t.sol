// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SimulatedEvidenceVerifier} from "../../../contracts/attestation/SimulatedEvidenceVerifier.sol";
import {Kit} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev The verifier as it is deployed, from its artifact.
contract SimulatedEvidenceDeploymentTest is Kit {
    function test_RevertWhen_DeployedWithoutRoot() public {
        vm.expectRevert(abi.encodeWithSelector(SimulatedEvidenceVerifier.SimulationRootMissing.selector));
        this.deployVerifier(address(0));
    }

    function test_Root_IsAnyAccount() public {
        eq(SimulatedEvidenceVerifier(this.deployVerifier(address(1))).ROOT(), address(1));
    }

    function deployVerifier(address root) external returns (address) {
        return make("attestation", "SimulatedEvidenceVerifier", abi.encode(root));
    }
}
